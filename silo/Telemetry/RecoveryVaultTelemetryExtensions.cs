using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;

namespace RecoveryVault.Telemetry;

/// <summary>Lets a silo tell what it does by OTLP, when its environment names an endpoint.</summary>
public static class RecoveryVaultTelemetryExtensions
{
    /// <summary>The service's name, unless <c>OTEL_SERVICE_NAME</c> gives another.</summary>
    private const string Service = "rvault-silo";

    /// <summary>Adds export of metrics and traces to a silo's host; does nothing without an endpoint.</summary>
    /// <param name="builder">The host's; Orleans may be added before or after.</param>
    public static IHostApplicationBuilder AddRecoveryVaultTelemetry(this IHostApplicationBuilder builder)
    {
        if (TelemetrySettings.OfProcess().IsOn)
            AddExport(builder);
        return builder;
    }

    /// <summary>Not inlined: whoever calls this, and nobody else, loads the libraries.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddExport(IHostApplicationBuilder builder)
    {
        AddVariables(builder.Configuration);
        builder
            .Services.AddOpenTelemetry()
            .ConfigureResource(resource => TelemetryExport.Describe(resource, Service))
            .WithMetrics(metrics => TelemetryExport.Add(metrics))
            .WithTracing(traces => TelemetryExport.Add(traces))
            .UseOtlpExporter();
        builder.Services.AddHostedService<OldestBackupWatch>();
    }

    /// <summary>An empty host reads no environment, and OpenTelemetry reads its host's configuration.</summary>
    private static void AddVariables(IConfigurationManager configuration)
    {
        var variables =
            from System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables()
            let name = $"{variable.Key}"
            where name.StartsWith(TelemetrySettings.Prefix, StringComparison.Ordinal)
            select KeyValuePair.Create(name, (string?)$"{variable.Value}");
        configuration.AddInMemoryCollection(variables);
    }
}
