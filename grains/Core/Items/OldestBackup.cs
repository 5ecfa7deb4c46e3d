using System.Text.Json;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Telemetry;

namespace RecoveryVault.Items;

/// <summary>
/// How long ago the last backup of that item was which has waited longest, of all items that are protected: found from the records in the
/// store, so that an item nobody backs up any more is seen, which no silo would ever hear of. A record is read again only when the listing
/// shows another version of it.
/// </summary>
public sealed class OldestBackup(IBlobStore store, TimeProvider time)
{
    private const int MaxReads = 16;

    /// <summary>A store of files reads a whole directory for each page, so a million records must not be two hundred pages.</summary>
    private const int PageLength = 50_000;

    private static volatile Found? _found;

    private readonly LastBackups _last = new();

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

    /// <summary>Lists the record of every item and reads those that are new or have changed since the last look.</summary>
    /// <exception cref="BlobStoreException">The store does not answer: what was found before stands.</exception>
    public async Task LookAsync(CancellationToken cancellation = default)
    {
        _last.Begin(time.GetUtcNow());
        for (BlobPage? page = null; page is null || page.Next is not null; )
        {
            page = await store.ListAsync(GrainRecords.AllItemBlobs, page?.Next, PageLength, cancellation);
            await ReadAsync([.. page.Items.Where(blob => !_last.Knows(blob))], cancellation);
        }
        var (oldest, withPoint, withoutPoint) = _last.End();
        _found = new Found(oldest, withPoint, withoutPoint, time);
    }

    /// <summary>Another silo looks.</summary>
    public void Forget()
    {
        _last.Clear();
        _found = null;
    }

    private async Task ReadAsync(List<BlobItem> blobs, CancellationToken cancellation)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = MaxReads, CancellationToken = cancellation };
        var gate = new Lock();
        await Parallel.ForEachAsync(
            blobs,
            options,
            async (blob, cancel) =>
            {
                var record = await FindAsync(blob.Name, cancel);
                lock (gate)
                    _last.Note(blob, record);
            }
        );
    }

    private async Task<ItemRecord?> FindAsync(string name, CancellationToken cancellation)
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
