using System.Text.Json;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Telemetry;

namespace RecoveryVault.Items;

/// <summary>
/// How long ago the last backup of that item was which has waited longest, of all items that are protected: read from the records in the
/// store, so that an item nobody backs up any more is seen, which no silo would ever hear of.
/// </summary>
public static class OldestBackup
{
    private static volatile Found? _found;

    static OldestBackup()
    {
        VaultMeter.Age(
            "rvault.items.oldest_backup.age",
            "How long ago the last backup of the protected item was that has waited longest.",
            () => _found is { Oldest: { } oldest } found ? [new(Math.Max(0, (found.Time.GetUtcNow() - oldest).TotalSeconds))] : []
        );
        VaultMeter.Gauge(
            "rvault.items.protected",
            "{item}",
            "Protected items, by whether they have a recovery point.",
            () => _found is { } found ? [Count("yes", found.WithPoint), Count("no", found.WithoutPoint)] : []
        );
    }

    private sealed record Found(DateTimeOffset? Oldest, long WithPoint, long WithoutPoint, TimeProvider Time);

    /// <summary>Reads the record of every item once.</summary>
    /// <exception cref="BlobStoreException">The store does not answer: what was found before stands.</exception>
    public static async Task LookAsync(IBlobStore store, TimeProvider time, CancellationToken cancellation = default)
    {
        DateTimeOffset? oldest = null;
        var (withPoint, withoutPoint) = (0L, 0L);
        await foreach (var blob in store.ListAllAsync(GrainRecords.AllItemBlobs, cancellation))
        {
            if (await FindAsync(store, blob.Name, cancellation) is not { Settings: { State: ProtectionState.Protected } settings } item)
                continue;
            // An item that was never backed up has waited since it was protected.
            var last = item.Newest?.Time ?? settings.CreatedAt;
            oldest = oldest is { } known && known <= last ? known : last;
            if (item.Newest is null)
                withoutPoint++;
            else
                withPoint++;
        }
        _found = new Found(oldest, withPoint, withoutPoint, time);
    }

    /// <summary>Another silo looks.</summary>
    public static void Forget() => _found = null;

    private static async Task<ItemRecord?> FindAsync(IBlobStore store, string name, CancellationToken cancellation)
    {
        try
        {
            return await store.GetAsync(name, cancellation) is { Content.IsEmpty: false } blob
                ? RecordJson.Read(blob.Content.Span, RecordJson.Default.ItemRecord)
                : null;
        }
        catch (JsonException)
        {
            // A damaged or newer record is its grain's to report.
            return null;
        }
    }

    private static System.Diagnostics.Metrics.Measurement<long> Count(string hasPoint, long count) =>
        new(count, VaultMeter.Tag("rvault.item.has_recovery_point", hasPoint));
}
