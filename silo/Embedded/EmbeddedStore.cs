using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Storage;
using RecoveryVault.Stores;

namespace RecoveryVault.Embedded;

/// <summary>A store directory this process alone works on, and the keys that belong to it.</summary>
public sealed class EmbeddedStore : IAsyncDisposable
{
    private readonly StoreLock _lock;

    private EmbeddedStore(StoreLock storeLock, StoreManifest manifest, IBlobStore blobs, string keysPath, IBlobStore keys, PlatformKeyring keyring)
    {
        _lock = storeLock;
        (Manifest, Blobs, KeysPath, Keys, Keyring) = (manifest, blobs, keysPath, keys, keyring);
    }

    public StoreManifest Manifest { get; }

    public IBlobStore Blobs { get; }

    public string KeysPath { get; }

    public IBlobStore Keys { get; }

    public PlatformKeyring Keyring { get; }

    /// <exception cref="VaultException">StoreNotFound, NotAStore, StoreTooNew, StoreInUse, KeysNotFound, KeysInsideStore, WrongPlatformKey, StoreAccessDenied.</exception>
    public static async Task<EmbeddedStore> OpenAsync(EmbeddedStoreOptions options, TimeProvider time, CancellationToken cancellation = default)
    {
        StorePlace.Require(options.StorePath, options.Create);
        var storeLock = await LockAsync(options, time, cancellation);
        try
        {
            var blobs = new FileBlobStore(options.StorePath, time);
            if (await StoreManifest.FindAsync(blobs, cancellation) is { } manifest)
            {
                var place = StorePlace.RequireKeys(options, manifest.StoreId, create: false);
                var keys = new FileBlobStore(place, time);
                return new EmbeddedStore(storeLock, manifest, blobs, place, keys, await manifest.OpenKeyringAsync(keys, place, cancellation));
            }
            if (!options.Create) throw new VaultException(ErrorCodes.StoreNotFound, $"There is no store in {options.StorePath}.");
            return await CreateAsync(options, storeLock, blobs, time, cancellation);
        }
        catch
        {
            storeLock.Dispose();
            throw;
        }
    }

    private static async Task<EmbeddedStore> CreateAsync(EmbeddedStoreOptions options, StoreLock storeLock, FileBlobStore blobs, TimeProvider time, CancellationToken cancellation)
    {
        var storeId = Guid.NewGuid().ToString();
        var place = StorePlace.RequireKeys(options, storeId, create: true);
        var keys = new FileBlobStore(place, time);
        if (await keys.GetAsync(PlatformKeyring.BlobName, cancellation) is not null)
            throw new VaultException(ErrorCodes.WrongPlatformKey, $"{place} holds the keys of another store already.");
        var (manifest, keyring) = await StoreManifest.CreateAsync(blobs, storeId, "rvault", keys, time, cancellation);
        return new EmbeddedStore(storeLock, manifest, blobs, place, keys, keyring);
    }

    private static async Task<StoreLock> LockAsync(EmbeddedStoreOptions options, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            return await StoreLock.AcquireAsync(options.StorePath, options.Command, options.Wait, time, holder => options.OnWaiting?.Invoke(holder.ToString()), cancellation);
        }
        catch (StoreLockedException e)
        {
            throw new VaultException(ErrorCodes.StoreInUse, $"The store {options.StorePath} is in use by {e.Holder}.");
        }
    }

    public ValueTask DisposeAsync()
    {
        Keyring.Dispose();
        _lock.Dispose();
        return ValueTask.CompletedTask;
    }
}
