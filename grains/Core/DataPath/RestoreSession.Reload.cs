using RecoveryVault.Storage;

namespace RecoveryVault.DataPath;

public sealed partial class RestoreSession
{
    private readonly SemaphoreSlim _reloading = new(1, 1);
    private bool _hasLookedAgain;

    /// <summary>
    /// A chunk that is not where the index said: read from where it was moved, or the same if it is nowhere. What the index itself misses
    /// is looked for once in a session; a pack that is gone, once for each, and then the index does not name it any more.
    /// </summary>
    private async Task<ChunkContent> FindMovedAsync(ChunkContent missing, CancellationToken cancellation)
    {
        using var use = await EnterAsync();
        var seen = _index;
        var isIndexed = Find(missing.Chunk).Fault is null;
        await _reloading.WaitAsync(cancellation);
        try
        {
            if (seen == _index && (isIndexed || !_hasLookedAgain))
                await ReloadAsync(cancellation);
        }
        finally
        {
            _reloading.Release();
        }
        var (place, fault) = Find(missing.Chunk);
        if (fault is not null)
            return missing;
        missing.Dispose();
        return (await _packs.ReadAsync(new PackRead(place.Pack, [(missing.Chunk, place.Frame)]), cancellation))[0];
    }

    private async Task ReloadAsync(CancellationToken cancellation)
    {
        _hasLookedAgain = true;
        try
        {
            var (old, ownsOld) = (_index, _ownsIndex);
            (_index, _ownsIndex) = (await ItemIndex.LoadAsync(_store, _secrets, cancellation: cancellation), true);
            if (ownsOld)
                old.Dispose();
        }
        catch (BlobStoreException failure)
        {
            throw StoreRefusals.ToVaultException(failure);
        }
    }
}
