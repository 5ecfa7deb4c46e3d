using System.Buffers;
using System.Text.Json;
using RecoveryVault.Storage;

namespace RecoveryVault.Clustering;

/// <summary>A heartbeat as read; no time: it cannot be read.</summary>
internal sealed record Heartbeat(string ETag, DateTime? Time);

/// <summary>A heartbeat as stored.</summary>
internal sealed record HeartbeatTime(DateTime IAmAliveTime);

/// <summary>
/// The column of the membership table that is not in the table: each silo writes its own blob, blindly, and nobody's view of the table
/// becomes stale by it.
/// </summary>
internal sealed class Heartbeats(IBlobStore store, MembershipNames names)
{
    private const int MaxReads = 16;

    /// <summary>False when a condition was not met; nothing is written then.</summary>
    public async Task<bool> TryWriteAsync(string silo, DateTime time, PutCondition condition, CancellationToken cancellation)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(new HeartbeatTime(MembershipRow.Utc(time)), MembershipJson.Default.HeartbeatTime);
        try
        {
            await store.PutAsync(names.Heartbeat(silo), new ReadOnlySequence<byte>(content), condition, cancellation);
            return true;
        }
        catch (BlobStoreException e) when (e.Error == BlobError.PreconditionFailed)
        {
            return false;
        }
    }

    public Task DeleteAsync(string silo, CancellationToken cancellation) =>
        store.DeleteAsync(names.Heartbeat(silo), cancellation: cancellation);

    /// <summary>
    /// Null when there is none. A damaged one has no time, and its silo's next one mends it: no cluster stands still for that.
    /// </summary>
    public async Task<Heartbeat?> FindAsync(string silo, CancellationToken cancellation)
    {
        try
        {
            if (await store.GetAsync(names.Heartbeat(silo), cancellation) is not { } blob)
                return null;
            return new Heartbeat(blob.ETag, TimeOf(blob.Content.Span));
        }
        catch (BlobStoreException e) when (e.Error == BlobError.Damaged)
        {
            return null;
        }
    }

    /// <summary>The heartbeats of all rows, by silo.</summary>
    public async Task<IReadOnlyDictionary<string, Heartbeat?>> FindAllAsync(
        IReadOnlyCollection<MembershipRow> rows,
        CancellationToken cancellation
    )
    {
        var found = new System.Collections.Concurrent.ConcurrentDictionary<string, Heartbeat?>();
        await Parallel.ForEachAsync(
            rows,
            new ParallelOptions { MaxDegreeOfParallelism = MaxReads, CancellationToken = cancellation },
            async (row, ending) => found[row.Silo] = await FindAsync(row.Silo, ending)
        );
        return found;
    }

    private static DateTime? TimeOf(ReadOnlySpan<byte> content)
    {
        try
        {
            return JsonSerializer.Deserialize(content, MembershipJson.Default.HeartbeatTime) is { } read
                ? MembershipRow.Utc(read.IAmAliveTime)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
