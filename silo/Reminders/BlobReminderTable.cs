using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using RecoveryVault.Storage;
using Bucket = RecoveryVault.Storage.MarkedBlob<System.Text.Json.JsonElement[]>;

namespace RecoveryVault.Reminders;

/// <summary>
/// A service's reminders on a blob store: 256 blobs by the highest byte of the grain's hash, each changed by one conditional put. A range
/// is read by listing which of them there are and getting those it touches.
/// </summary>
public sealed partial class BlobReminderTable : IReminderTable
{
    /// <summary>At each try one of those who wanted to write has written.</summary>
    private const int MaxTries = 64;

    private const int MaxReads = 16;

    private readonly IBlobStore _store;
    private readonly string _serviceId;
    private readonly ReminderBuckets _buckets;
    private readonly ILogger _logger;
    private readonly FirstContact _contact;

    /// <summary>Writers of this process take turns instead of refusing one another.</summary>
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, ReminderBuckets.Count).Select(_ => new SemaphoreSlim(1))];

    /// <param name="store">Where the reminders lie, beside those of other services.</param>
    /// <param name="serviceId">The service, which outlives its clusters.</param>
    /// <param name="time">The clock of the pauses between tries to reach the store.</param>
    /// <param name="logger">Hears of damaged rows, and of a store that does not answer.</param>
    public BlobReminderTable(IBlobStore store, string serviceId, TimeProvider time, ILogger<BlobReminderTable> logger)
    {
        (_store, _serviceId, _buckets, _logger) = (store, serviceId, new ReminderBuckets(serviceId), logger);
        _contact = new FirstContact(
            ending => store.ReadAsync(_buckets.Name(0), 0, Memory<byte>.Empty, ending),
            time,
            failure => LogUnreachable(failure.Message)
        );
    }

    public Task StartAsync(CancellationToken cancellationToken) => _contact.MakeAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _contact.End();
        return Task.CompletedTask;
    }

    public async Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reminderName);
        return (await ReadGrainAsync(grainId, cancellationToken)).FirstOrDefault(row => row.Name == reminderName)?.ToEntry();
    }

    public async Task<ReminderTableData> ReadRows(GrainId grainId, CancellationToken cancellationToken) =>
        new((await ReadGrainAsync(grainId, cancellationToken)).Select(row => row.ToEntry()));

    public async Task<ReminderTableData> ReadRows(uint begin, uint end, CancellationToken cancellationToken)
    {
        await _contact.WaitAsync(cancellationToken);
        var range = new ReminderRange(begin, end);
        var found = new ConcurrentBag<ReminderEntry>();
        await Parallel.ForEachAsync(
            await ListAsync(range, cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = MaxReads, CancellationToken = cancellationToken },
            async (bucket, ending) =>
            {
                var content = (await Open(bucket).ReadAsync(ending)).Content;
                foreach (var (row, _) in Parse(bucket, content))
                    if (row?.ToEntry() is { } entry && range.Contains(entry.GrainId.GetUniformHashCode()))
                        found.Add(entry);
            }
        );
        return new ReminderTableData(found);
    }

    /// <summary>Whatever is there is overwritten; null: others were always faster.</summary>
    public async Task<string?> UpsertRow(ReminderEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(entry.ReminderName);
        var row = ReminderRow.Of(entry, RandomNumberGenerator.GetHexString(32, lowercase: true));
        var json = JsonSerializer.SerializeToElement(row, ReminderJson.Default.ReminderRow);
        var isWritten = await ChangeAsync(
            entry.GrainId,
            rows => [.. rows.Where(r => r.Row?.IsOf(row.Grain, row.Name) is not true).Select(r => r.Json), json],
            cancellationToken
        );
        return isWritten is true ? row.ETag : null;
    }

    public async Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reminderName);
        var grain = grainId.ToString();
        return await ChangeAsync(
                grainId,
                rows =>
                    rows.Any(r => r.Row is { } row && row.IsOf(grain, reminderName) && row.ETag == eTag)
                        ? [.. rows.Where(r => r.Row?.IsOf(grain, reminderName) is not true).Select(r => r.Json)]
                        : null,
                cancellationToken
            )
            ?? throw new BlobStoreException(
                BlobError.PreconditionFailed,
                $"The reminder '{reminderName}' of {grain} was not removed: others changed its bucket each time."
            );
    }

    public async Task TestOnlyClearTable(CancellationToken cancellationToken)
    {
        await foreach (var blob in _store.ListAllAsync(_buckets.Prefix, cancellationToken))
            await _store.DeleteAsync(blob.Name, cancellation: cancellationToken);
    }

    /// <summary>Computes a bucket's rows anew from those it has until the change is made; null: there is nothing to change.</summary>
    /// <returns>Whether it was changed; null: others were always faster.</returns>
    private async Task<bool?> ChangeAsync(
        GrainId grainId,
        Func<IReadOnlyList<(ReminderRow? Row, JsonElement Json)>, JsonElement[]?> change,
        CancellationToken cancellation
    )
    {
        await _contact.WaitAsync(cancellation);
        var bucket = ReminderBuckets.Of(grainId.GetUniformHashCode());
        var blob = Open(bucket);
        await _turns[bucket].WaitAsync(cancellation);
        try
        {
            for (var left = MaxTries; left > 0; left--)
            {
                var read = await blob.ReadAsync(cancellation);
                if (change(Parse(bucket, read.Content)) is not { } changed)
                    return false;
                if (await blob.TryReplaceAsync(read, changed, cancellation))
                    return true;
            }
            return null;
        }
        finally
        {
            _turns[bucket].Release();
        }
    }

    private async Task<List<ReminderRow>> ReadGrainAsync(GrainId grainId, CancellationToken cancellation)
    {
        await _contact.WaitAsync(cancellation);
        var bucket = ReminderBuckets.Of(grainId.GetUniformHashCode());
        var content = (await Open(bucket).ReadAsync(cancellation)).Content;
        var grain = grainId.ToString();
        return [.. Parse(bucket, content).Select(r => r.Row).OfType<ReminderRow>().Where(row => row.Grain == grain)];
    }

    private async Task<List<int>> ListAsync(ReminderRange range, CancellationToken cancellation)
    {
        List<int> buckets = [];
        await foreach (var blob in _store.ListAllAsync(_buckets.Prefix, cancellation))
            if (_buckets.Find(blob.Name) is { } bucket && range.Touches(bucket))
                buckets.Add(bucket);
        return buckets;
    }

    private Bucket Open(int bucket) =>
        new(
            _store,
            _buckets.Name(bucket),
            _serviceId,
            ReminderJson.Default.MarkedDocumentJsonElementArray,
            ReminderJson.Default.MarkedFormat
        );
}
