using System.Runtime.CompilerServices;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace RecoveryVault.Telemetry;

/// <summary>The telemetry of a process that is no host, from its start to its end: a command line, with or without a silo in it.</summary>
public static class ProcessTelemetry
{
    /// <summary>A command must not wait long for a collector that is not there.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Begins to export; null without an endpoint. Disposing sends what is left.</summary>
    /// <param name="service">The service's name, unless <c>OTEL_SERVICE_NAME</c> gives another.</param>
    public static IDisposable? Start(string service) => TelemetrySettings.OfProcess().IsOn ? Export(service) : null;

    /// <summary>Not inlined: whoever calls this, and nobody else, loads the libraries.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Providers Export(string service) => new(service);

    private sealed class Providers : IDisposable
    {
        private readonly TracerProvider _traces;
        private readonly MeterProvider _metrics;

        public Providers(string service)
        {
            _traces = TelemetryExport
                .Add(Sdk.CreateTracerProviderBuilder())
                .ConfigureResource(resource => TelemetryExport.Describe(resource, service))
                .AddOtlpExporter()
                .Build();
            _metrics = TelemetryExport
                .Add(Sdk.CreateMeterProviderBuilder())
                .ConfigureResource(resource => TelemetryExport.Describe(resource, service))
                .AddOtlpExporter()
                .Build();
        }

        public void Dispose()
        {
            var patience = (int)Patience.TotalMilliseconds;
            _traces.Shutdown(patience);
            _metrics.Shutdown(patience);
        }
    }
}
