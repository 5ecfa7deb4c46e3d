using System.Diagnostics.Metrics;
using RecoveryVault.Telemetry;

namespace RecoveryVault.Storage;

/// <summary>What a silo asks of its store.</summary>
internal static class StoreMeter
{
    private static readonly Histogram<double> Durations = VaultMeter.Seconds(
        "rvault.store.operation.duration",
        "Store operations: how many, how they ended and how long they took."
    );

    private static readonly Counter<long> Bytes = VaultMeter.Counter("rvault.store.io", "By", "Bytes read from and written to the store.");

    public static bool IsHeard => Durations.Enabled || Bytes.Enabled;

    public static void Done(string operation, string outcome, TimeSpan duration) =>
        Durations.Record(
            duration.TotalSeconds,
            VaultMeter.Tag("rvault.store.operation", operation),
            VaultMeter.Tag("rvault.store.outcome", outcome)
        );

    public static void Moved(string direction, long bytes) => Bytes.Add(bytes, VaultMeter.Tag("rvault.store.io.direction", direction));

    public static string NameOf(BlobError error) =>
        error switch
        {
            BlobError.PreconditionFailed => "precondition_failed",
            BlobError.StoreFull => "store_full",
            BlobError.AccessDenied => "access_denied",
            BlobError.Damaged => "damaged",
            BlobError.InvalidName => "invalid_name",
            _ => "unavailable",
        };
}
