using System.Buffers;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.DataPath;

/// <summary>Counts ranged reads, their bytes, and how many run at once, and the bytes of whole blobs.</summary>
internal sealed class MeteredBlobStore(IBlobStore inner) : IBlobStore
{
    private int _reads;
    private long _bytes;
    private long _wholeBytes;
    private int _now;
    private int _most;

    public int Reads => _reads;

    public long BytesRead => _bytes;

    public long WholeBytesRead => _wholeBytes;

    public int MostAtOnce => _most;

    public void Reset() => (_reads, _bytes, _wholeBytes, _most) = (0, 0, 0, 0);

    public async Task<int?> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation = default)
    {
        Interlocked.Increment(ref _reads);
        var now = Interlocked.Increment(ref _now);
        InterlockedMax(ref _most, now);
        await Task.Yield();
        var count = await inner.ReadAsync(name, offset, destination, cancellation);
        Interlocked.Add(ref _bytes, count ?? 0);
        Interlocked.Decrement(ref _now);
        return count;
    }

    public Task<string> PutAsync(
        string name,
        ReadOnlySequence<byte> content,
        PutCondition condition,
        CancellationToken cancellation = default
    ) => inner.PutAsync(name, content, condition, cancellation);

    public async Task<Blob?> GetAsync(string name, CancellationToken cancellation = default)
    {
        var blob = await inner.GetAsync(name, cancellation);
        Interlocked.Add(ref _wholeBytes, blob?.Content.Length ?? 0);
        return blob;
    }

    public Task<bool> DeleteAsync(string name, string? ifMatch = null, CancellationToken cancellation = default) =>
        inner.DeleteAsync(name, ifMatch, cancellation);

    public Task<BlobPage> ListAsync(string prefix, string? after = null, int maxCount = 5000, CancellationToken cancellation = default) =>
        inner.ListAsync(prefix, after, maxCount, cancellation);

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); value > seen; seen = Volatile.Read(ref target))
            Interlocked.CompareExchange(ref target, value, seen);
    }
}
