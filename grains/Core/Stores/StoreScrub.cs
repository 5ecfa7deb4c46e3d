using System.Buffers;
using System.Text.Json;
using RecoveryVault.Format;
using RecoveryVault.Storage;

namespace RecoveryVault.Stores;

/// <summary>
/// Reads every blob of a store and checks what carries a checksum of its own, that whatever a clear record names is there, and that grains'
/// records say what the records beside them say. Needs no key: it finds bit rot but no tampering, and no missing pack, since only the
/// sealed index names packs. A damaged object is reported and
/// the rest is read all the same.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="report">Hears the name of each damaged blob and what is wrong with it.</param>
public sealed class StoreScrub(IBlobStore store, Action<string, string> report)
{
    private const int ReadLength = 4 << 20;

    private readonly LogPlaces _log = new();
    private long _blobs;
    private long _bytes;

    public long Blobs => Interlocked.Read(ref _blobs);

    public long Bytes => Interlocked.Read(ref _bytes);

    public long Damaged { get; private set; }

    public async Task RunAsync(CancellationToken cancellation = default)
    {
        await foreach (var item in store.ListAllAsync("", cancellation))
        {
            try
            {
                await CheckAsync(item, cancellation);
            }
            catch (FormatFaultException fault)
            {
                Count(item.Name, fault.Message);
            }
            catch (BlobStoreException e) when (e.Error is BlobError.Damaged or BlobError.InvalidName)
            {
                Count(item.Name, e.Message);
            }
            catch (JsonException e)
            {
                Count(item.Name, $"It is no record any more: {e.Message}");
            }
            Interlocked.Increment(ref _blobs);
            Interlocked.Add(ref _bytes, item.Length);
        }
    }

    private void Count(string name, string fault)
    {
        Damaged++;
        report(name, fault);
    }

    private async Task CheckAsync(BlobItem item, CancellationToken cancellation)
    {
        switch (item.Name.Split('/')[0])
        {
            case "packs" or "index" or "manifests":
                await CheckObjectAsync(item, cancellation);
                break;
            case "rings" or "descriptors" or "heads" or "tombstones" or "log" or "checkpoints" or "proofs":
                if (await store.GetAsync(item.Name, cancellation) is { } record)
                    RecordEnvelope.Scrub(record.Content.Span);
                await RequireNamedAsync(_log.Follow(item.Name), cancellation);
                break;
            case "grainstate":
                if (await store.GetAsync(item.Name, cancellation) is { Content.IsEmpty: false } state)
                    await RequireNamedAsync(await NamedObjects.InAsync(store, item.Name, state.Content, cancellation), cancellation);
                await CompareAsync(item.Name, cancellation);
                break;
            case "membership" or "alive" or "reminders":
                if (await store.GetAsync(item.Name, cancellation) is { } cluster)
                    JsonDocument.Parse(cluster.Content).Dispose();
                break;
            default:
                await store.GetAsync(item.Name, cancellation);
                break;
        }
    }

    /// <summary>Grains' records have no checksum, but most of what they say stands once more beside them, in records that have.</summary>
    private async Task CompareAsync(string name, CancellationToken cancellation)
    {
        if (await new RecordComparison(store).FindContradictionAsync(name, cancellation) is { } contradiction)
            Count(name, contradiction);
    }

    private async Task RequireNamedAsync(IEnumerable<string> names, CancellationToken cancellation)
    {
        foreach (var name in names)
        {
            if (await store.ReadAsync(name, 0, Memory<byte>.Empty, cancellation) is null)
                Count(name, "It is missing: a record names it.");
        }
    }

    private async Task CheckObjectAsync(BlobItem item, CancellationToken cancellation)
    {
        var scrub = new ObjectScrub(item.Length);
        var buffer = ArrayPool<byte>.Shared.Rent(ReadLength);
        try
        {
            for (var offset = 0L; offset < item.Length; offset += ReadLength)
            {
                // Deleted since it was listed: there is nothing left to check.
                if (await store.ReadAsync(item.Name, offset, buffer.AsMemory(0, ReadLength), cancellation) is not { } read)
                    return;
                scrub.Append(buffer.AsSpan(0, read));
            }
            scrub.Finish();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
