using System.Diagnostics.Metrics;

namespace RecoveryVault.Telemetry;

/// <summary>
/// The meter <c>RecoveryVault</c>. Who measures has its instruments beside what it measures; key vaults and the cache of data keys have
/// meters of their own, whose names begin alike. Attributes have few values, and name nothing that is a customer's.
/// </summary>
public static class VaultMeter
{
    public const string Name = "RecoveryVault";

    /// <summary>Matches all meters of ours.</summary>
    public const string All = "RecoveryVault*";

    internal static readonly Meter Meter = new(Name);

    public static Counter<long> Counter(string name, string unit, string meaning) => Meter.CreateCounter<long>(name, unit, meaning);

    public static UpDownCounter<long> UpDown(string name, string unit, string meaning) =>
        Meter.CreateUpDownCounter<long>(name, unit, meaning);

    public static Histogram<double> Seconds(string name, string meaning) => Meter.CreateHistogram<double>(name, "s", meaning);

    public static void Gauge(string name, string unit, string meaning, Func<IEnumerable<Measurement<long>>> observe) =>
        Meter.CreateObservableGauge(name, observe, unit, meaning);

    public static void Age(string name, string meaning, Func<IEnumerable<Measurement<double>>> observe) =>
        Meter.CreateObservableGauge(name, observe, "s", meaning);

    public static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
