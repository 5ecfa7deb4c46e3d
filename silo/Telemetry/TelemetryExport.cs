using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace RecoveryVault.Telemetry;

/// <summary>What is exported: our own meters and spans, Orleans', and what the runtime has of HTTP and of itself.</summary>
internal static class TelemetryExport
{
    private static readonly string[] Meters =
    [
        VaultMeter.All,
        "Microsoft.Orleans",
        "System.Runtime",
        "System.Net.Http",
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Server.Kestrel",
    ];

    /// <summary>Of Orleans the calls between grains and what activates them; its storage and life cycle are ours to tell.</summary>
    private static readonly string[] Sources =
    [
        VaultTraces.Name,
        "Microsoft.Orleans.Application",
        "Microsoft.Orleans.Runtime",
        "System.Net.Http",
        "Microsoft.AspNetCore",
    ];

    public static void Describe(ResourceBuilder resource, string service) =>
        // Variables come last: they know better.
        resource
            .AddService(service, serviceVersion: typeof(TelemetryExport).Assembly.GetName().Version?.ToString(3))
            .AddEnvironmentVariableDetector();

    public static MeterProviderBuilder Add(MeterProviderBuilder metrics) => metrics.AddMeter(Meters);

    public static TracerProviderBuilder Add(TracerProviderBuilder traces) => traces.AddSource(Sources).AddProcessor(new PlainSpans());
}
