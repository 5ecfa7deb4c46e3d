using System.Buffers;
using System.Text;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.bench.capacity;

/// <summary>
/// Millions of small blobs outside the collected heap: what the process does with its memory is then the silo's doing. Names are sorted in
/// blocks of some hundred.
/// </summary>
internal sealed class NativeBlobStore : IBlobStore
{
    private const int BlockLength = 256;

    private readonly Lock _gate = new();
    private readonly List<List<NativeBlob>> _blocks = [];
    private long _writes;

    public Task<string> PutAsync(
        string name,
        ReadOnlySequence<byte> content,
        PutCondition condition,
        CancellationToken cancellation = default
    )
    {
        var key = Encoding.UTF8.GetBytes(name);
        lock (_gate)
        {
            var (block, at, isThere) = Find(key);
            var holds = condition.Kind switch
            {
                PutConditionKind.IfAbsent => !isThere,
                PutConditionKind.IfPresent => isThere,
                PutConditionKind.IfMatch => isThere && _blocks[block][at].ETag == condition.ETag,
                _ => true,
            };
            if (!holds)
                throw new BlobStoreException(BlobError.PreconditionFailed, $"The condition {condition.Kind} does not hold for '{name}'.");
            var blob = NativeBlob.Create(key, content, ++_writes);
            if (isThere)
                Replace(_blocks[block], at, blob);
            else
                Insert(block, at, blob);
            return Task.FromResult(blob.ETag);
        }
    }

    public Task<Blob?> GetAsync(string name, CancellationToken cancellation = default)
    {
        lock (_gate)
            return Task.FromResult(
                Find(Encoding.UTF8.GetBytes(name)) is (var block, var at, true)
                    ? new Blob(_blocks[block][at].Content.ToArray(), _blocks[block][at].ETag)
                    : null
            );
    }

    public Task<int?> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation = default)
    {
        lock (_gate)
        {
            if (Find(Encoding.UTF8.GetBytes(name)) is not (var block, var at, true))
                return Task.FromResult<int?>(null);
            var content = _blocks[block][at].Content;
            var count = (int)Math.Clamp(content.Length - offset, 0, destination.Length);
            content.Slice((int)Math.Min(offset, content.Length), count).CopyTo(destination.Span);
            return Task.FromResult<int?>(count);
        }
    }

    public Task<bool> DeleteAsync(string name, string? ifMatch = null, CancellationToken cancellation = default)
    {
        lock (_gate)
        {
            if (Find(Encoding.UTF8.GetBytes(name)) is not (var block, var at, true))
                return Task.FromResult(false);
            if (ifMatch is not null && _blocks[block][at].ETag != ifMatch)
                throw new BlobStoreException(BlobError.PreconditionFailed, $"'{name}' has changed.");
            _blocks[block][at].Free();
            _blocks[block].RemoveAt(at);
            if (_blocks[block].Count == 0)
                _blocks.RemoveAt(block);
            return Task.FromResult(true);
        }
    }

    public Task<BlobPage> ListAsync(string prefix, string? after = null, int maxCount = 5000, CancellationToken cancellation = default)
    {
        List<BlobItem> items = [];
        var isAfter = after is not null && string.CompareOrdinal(after, prefix) >= 0;
        var start = Encoding.UTF8.GetBytes(isAfter ? after! : prefix);
        lock (_gate)
        {
            var (block, at, isThere) = Find(start);
            at += isThere && isAfter ? 1 : 0;
            for (; block < _blocks.Count && items.Count <= maxCount; (block, at) = (block + 1, 0))
            for (; at < _blocks[block].Count && items.Count <= maxCount; at++)
            {
                var item = _blocks[block][at].Item;
                if (!item.Name.StartsWith(prefix, StringComparison.Ordinal))
                    return Task.FromResult(PageOf(items, maxCount));
                items.Add(item);
            }
        }
        return Task.FromResult(PageOf(items, maxCount));
    }

    /// <summary>Everything that is held, in the order of names; nobody may write meanwhile.</summary>
    public IEnumerable<(string Name, long Length)> All() =>
        _blocks.SelectMany(block => block.Select(blob => (blob.Item.Name, blob.Item.Length)));

    private static BlobPage PageOf(List<BlobItem> items, int maxCount)
    {
        if (items.Count <= maxCount)
            return new BlobPage(items, null);
        items.RemoveAt(maxCount);
        return new BlobPage(items, items[^1].Name);
    }

    private static void Replace(List<NativeBlob> block, int at, NativeBlob blob)
    {
        block[at].Free();
        block[at] = blob;
    }

    private void Insert(int block, int at, NativeBlob blob)
    {
        if (block == _blocks.Count)
            _blocks.Add(new List<NativeBlob>(BlockLength));
        var blobs = _blocks[block];
        blobs.Insert(at, blob);
        if (blobs.Count < BlockLength)
            return;
        // Names of one prefix mostly come in order: a block that grows at its end is left nearly full.
        var half = at == BlockLength - 1 ? BlockLength - 1 : BlockLength / 2;
        var rest = new List<NativeBlob>(BlockLength);
        rest.AddRange(blobs[half..]);
        blobs.RemoveRange(half, blobs.Count - half);
        _blocks.Insert(block + 1, rest);
    }

    /// <summary>Where it is, or would be.</summary>
    private (int Block, int At, bool IsThere) Find(ReadOnlySpan<byte> name)
    {
        var (low, high) = (0, _blocks.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_blocks[middle][^1].Name.SequenceCompareTo(name) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == _blocks.Count)
            return low > 0 && _blocks[low - 1].Count < BlockLength - 1 ? (low - 1, _blocks[low - 1].Count, false) : (low, 0, false);
        var block = _blocks[low];
        var (first, last) = (0, block.Count);
        while (first < last)
        {
            var middle = (first + last) / 2;
            if (block[middle].Name.SequenceCompareTo(name) < 0)
                first = middle + 1;
            else
                last = middle;
        }
        return (low, first, first < block.Count && block[first].Name.SequenceEqual(name));
    }
}
