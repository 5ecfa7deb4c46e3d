using RecoveryVault.Errors;
using RecoveryVault.Storage;

namespace RecoveryVault.Keys;

/// <summary>
/// Each step is one conditional write of the whole keyring, computed from what storage holds; memory follows only after it. So every step
/// may be repeated, and one whose answer was lost is found done.
/// </summary>
public sealed partial class PlatformKeyring
{
    private readonly SemaphoreSlim _changing = new(1, 1);

    /// <summary>A key that is made and not in force yet.</summary>
    public uint? PreparedId => _content.Keys.Keys.Max() is var newest && newest > CurrentId ? newest : null;

    /// <summary>What older keys sealed may still have to be renewed under the one in force.</summary>
    public bool IsRollingOut => _content.RolloutId is not null;

    /// <summary>Makes the next key, which nothing uses yet; one that is there already is it.</summary>
    public async Task<uint> PrepareAsync(TimeProvider time, CancellationToken cancellation = default)
    {
        await ChangeAsync(
            stored =>
            {
                var newest = stored.Keys!.Max(k => k.Id);
                return newest > stored.Current ? stored : stored with { Keys = [.. stored.Keys!, NewKey(newest + 1, time)] };
            },
            cancellation
        );
        return PreparedId ?? throw new InvalidOperationException("It was just made.");
    }

    /// <summary>Puts a key in force: whatever is wrapped, authenticated or sealed from now on names it.</summary>
    public Task UseAsync(uint id, CancellationToken cancellation = default) =>
        ChangeAsync(stored => stored.Current == id ? stored : stored with { Current = id, Rollout = id }, cancellation);

    /// <summary>Everything was gone through that can be renewed.</summary>
    public Task EndRolloutAsync(CancellationToken cancellation = default) =>
        ChangeAsync(stored => stored.Rollout is null ? stored : stored with { Rollout = null }, cancellation);

    /// <summary>Removes a key for good; the caller knows that nothing names it.</summary>
    public async Task RemoveAsync(uint id, CancellationToken cancellation = default)
    {
        if (id >= CurrentId)
            throw new InvalidOperationException("The key in force stays, and so does the next.");
        var removed = Find(id);
        await ChangeAsync(
            stored => stored.Keys!.All(k => k.Id != id) ? stored : stored with { Keys = [.. stored.Keys!.Where(k => k.Id != id)] },
            cancellation
        );
        removed?.Secret.Dispose();
    }

    private async Task ChangeAsync(Func<StoredKeyring, StoredKeyring> change, CancellationToken cancellation)
    {
        await _changing.WaitAsync(cancellation);
        try
        {
            var blob =
                await _store.GetAsync(BlobName, cancellation)
                ?? throw new VaultException(ErrorCodes.KeysNotFound, $"The platform keyring {BlobName} is not there any more.");
            var stored = Parse(blob, StoreId);
            var next = stored;
            try
            {
                next = change(stored);
                if (!ReferenceEquals(next, stored))
                    await PutAsync(_store, next, PutCondition.IfMatch(blob.ETag), cancellation);
                _content = Content.Of(next, _content.Keys);
            }
            finally
            {
                next.Zero();
                stored.Zero();
            }
        }
        finally
        {
            _changing.Release();
        }
    }
}
