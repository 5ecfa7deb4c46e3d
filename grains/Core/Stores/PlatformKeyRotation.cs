using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Storage;

namespace RecoveryVault.Stores;

/// <summary>
/// How a store gets another platform key, and loses an old one. Every step is durable and may be repeated; whoever dies between two
/// leaves a
/// store that opens and restores, and the next call goes on.
/// </summary>
public static class PlatformKeyRotation
{
    /// <summary>
    /// Puts another key in force: made first, then demanded by the store, so that no process without it can open it any more, and only then
    /// used. A rotation that was begun and not ended gets no second key.
    /// </summary>
    public static async Task<uint> BeginAsync(
        IBlobStore store,
        PlatformKeyring keyring,
        TimeProvider time,
        CancellationToken cancellation = default
    )
    {
        if (keyring is { IsRollingOut: true, PreparedId: null })
            return keyring.CurrentId;
        var id = await keyring.PrepareAsync(time, cancellation);
        await StoreManifest.DemandAsync(store, keyring, id, cancellation);
        await keyring.UseAsync(id, cancellation);
        return id;
    }

    /// <summary>
    /// Removes an old key that nothing in the store names. Nobody else may be writing to the store: the caller holds its lock and runs no
    /// silo.
    /// </summary>
    /// <param name="census">Just taken of this store.</param>
    /// <exception cref="VaultException">PlatformKeyNotFound, PlatformKeyInUse.</exception>
    public static async Task RemoveAsync(
        IBlobStore store,
        PlatformKeyring keyring,
        PlatformKeyCensus census,
        uint id,
        CancellationToken cancellation = default
    )
    {
        if (keyring.Find(id) is null)
            throw new VaultException(ErrorCodes.PlatformKeyNotFound, $"The platform keyring has no key {id}.");
        if (Obstacle(keyring, census, id) is { } obstacle)
            throw new VaultException(ErrorCodes.PlatformKeyInUse, $"Platform key {id} stays: {obstacle}.");
        // The store first: a key that is there and not demanded harms nobody, the other way round nothing would open.
        await StoreManifest.ReleaseAsync(store, id, cancellation);
        await keyring.RemoveAsync(id, cancellation);
    }

    /// <summary>Why a key cannot be removed; null when it can.</summary>
    public static string? Obstacle(PlatformKeyring keyring, PlatformKeyCensus census, uint id) =>
        id == keyring.CurrentId ? "it is the one in force"
        : id > keyring.CurrentId ? "it is about to be put in force"
        : census.NeedsOf(id) is { IsNone: false } needs ? $"{needs} name it"
        : census.Unreadable > 0 ? $"{census.Unreadable} blob(s) cannot be read and may name it"
        : null;
}
