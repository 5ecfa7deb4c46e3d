namespace RecoveryVault.Telemetry;

/// <summary>
/// Whether this process tells others what it does. OpenTelemetry's own variables decide, and all of them mean what its specification says;
/// without an endpoint none of its libraries is even loaded.
/// </summary>
public sealed class TelemetrySettings
{
    /// <summary>What all of OpenTelemetry's variables begin with.</summary>
    public const string Prefix = "OTEL_";

    public const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    public const string DisabledVariable = "OTEL_SDK_DISABLED";
    public const string ServiceVariable = "OTEL_SERVICE_NAME";

    private TelemetrySettings(bool isOn) => IsOn = isOn;

    public bool IsOn { get; }

    /// <summary>As the environment of this process says.</summary>
    public static TelemetrySettings OfProcess() => Read(Environment.GetEnvironmentVariable);

    /// <param name="variable">Reads an environment variable; empty counts as unset, as the specification wants.</param>
    public static TelemetrySettings Read(Func<string, string?> variable) =>
        new(
            variable(EndpointVariable) is { Length: > 0 }
                && !string.Equals(variable(DisabledVariable), "true", StringComparison.OrdinalIgnoreCase)
        );
}
