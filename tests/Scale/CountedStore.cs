using System.Buffers;
using System.Collections.Immutable;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Scale;

/// <summary>Counts by kind of object what is asked of a store.</summary>
internal sealed class CountedStore(IBlobStore inner) : IBlobStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, StoreUse> _kinds = [];

    public StoreUses Uses
    {
        get
        {
            lock (_gate)
                return new StoreUses(_kinds.ToImmutableDictionary());
        }
    }

    public Task<string> PutAsync(
        string name,
        ReadOnlySequence<byte> content,
        PutCondition condition,
        CancellationToken cancellation = default
    )
    {
        Note(name, new StoreUse { Puts = 1, Written = content.Length });
        return inner.PutAsync(name, content, condition, cancellation);
    }

    public async Task<Blob?> GetAsync(string name, CancellationToken cancellation = default)
    {
        var blob = await inner.GetAsync(name, cancellation);
        Note(name, new StoreUse { Gets = 1, Read = blob?.Content.Length ?? 0 });
        return blob;
    }

    public async Task<int?> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation = default)
    {
        var count = await inner.ReadAsync(name, offset, destination, cancellation);
        Note(name, new StoreUse { Gets = 1, Read = count ?? 0 });
        return count;
    }

    public Task<bool> DeleteAsync(string name, string? ifMatch = null, CancellationToken cancellation = default)
    {
        Note(name, new StoreUse { Deletes = 1 });
        return inner.DeleteAsync(name, ifMatch, cancellation);
    }

    public Task<BlobPage> ListAsync(string prefix, string? after = null, int maxCount = 5000, CancellationToken cancellation = default)
    {
        Note(prefix, new StoreUse { Lists = 1 });
        return inner.ListAsync(prefix, after, maxCount, cancellation);
    }

    private void Note(string name, StoreUse use)
    {
        var kind = ObjectKinds.Of(name);
        lock (_gate)
            _kinds[kind] = _kinds.GetValueOrDefault(kind) + use;
    }
}
