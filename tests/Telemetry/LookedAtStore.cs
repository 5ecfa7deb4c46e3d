using System.Buffers;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Telemetry;

/// <summary>Counts how many blobs are read, and how many at once; can list without etags, as a store of files does.</summary>
internal sealed class LookedAtStore(MemoryBlobStore inner) : IBlobStore
{
    private readonly Lock _gate = new();
    private int _now;

    public bool HidesETags { get; set; }

    /// <summary>How many reads are answered from now on.</summary>
    public int FailsAfter { get; set; } = int.MaxValue;

    public Func<string, Task> BeforeGet { get; set; } = _ => Task.CompletedTask;

    public int Gets { get; private set; }

    public int MostAtOnce { get; private set; }

    public async Task<Blob?> GetAsync(string name, CancellationToken cancellation = default)
    {
        lock (_gate)
        {
            if (--FailsAfter < 0)
                throw new BlobStoreException(BlobError.Unavailable, "It answers no more.");
            Gets++;
            MostAtOnce = Math.Max(MostAtOnce, ++_now);
        }
        await BeforeGet(name);
        lock (_gate)
            _now--;
        return await inner.GetAsync(name, cancellation);
    }

    public async Task<BlobPage> ListAsync(
        string prefix,
        string? after = null,
        int maxCount = 5000,
        CancellationToken cancellation = default
    )
    {
        var page = await inner.ListAsync(prefix, after, maxCount, cancellation);
        return HidesETags ? page with { Items = [.. page.Items.Select(item => item with { ETag = null })] } : page;
    }

    public Task<string> PutAsync(
        string name,
        ReadOnlySequence<byte> content,
        PutCondition condition,
        CancellationToken cancellation = default
    ) => inner.PutAsync(name, content, condition, cancellation);

    public Task<int?> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation = default) =>
        inner.ReadAsync(name, offset, destination, cancellation);

    public Task<bool> DeleteAsync(string name, string? ifMatch = null, CancellationToken cancellation = default) =>
        inner.DeleteAsync(name, ifMatch, cancellation);
}
