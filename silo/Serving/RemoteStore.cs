using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Storage;
using RecoveryVault.Stores;

namespace RecoveryVault.Serving;

/// <summary>A store in Azure Blob Storage, whose keys lie in a directory of this machine. Nothing locks it: clusters claim it.</summary>
public static class RemoteStore
{
    /// <summary>Opens the store with its keys; the caller disposes the keyring.</summary>
    /// <param name="location">The container.</param>
    /// <param name="options">Where the keys are.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="VaultException">
    /// StoreNotFound, StoreAccessDenied, StoreUnavailable, NotAStore, StoreTooNew, KeysNotFound, WrongPlatformKey.
    /// </exception>
    public static async Task<(StoreParts Parts, string KeysPath)> OpenAsync(
        BlobStoreLocation location,
        EmbeddedStoreOptions options,
        TimeProvider time,
        CancellationToken cancellation = default
    )
    {
        var (blobs, manifest) = await FindAsync(location, time, cancellation);
        var place = StorePlace.RequireKeys(options, manifest.StoreId, create: false);
        var keys = new FileBlobStore(place, time, new FileBlobStoreOptions { CreateIfMissing = true });
        var keyring = await manifest.OpenKeyringAsync(keys, place, cancellation);
        return (new StoreParts(manifest, blobs, keys, keyring), place);
    }

    /// <summary>The store without its keys.</summary>
    public static async Task<(IBlobStore Blobs, StoreManifest Manifest)> FindAsync(
        BlobStoreLocation location,
        TimeProvider time,
        CancellationToken cancellation = default
    )
    {
        var blobs = await location.OpenAsync(create: false, time, cancellation);
        var manifest = await FindManifestAsync(blobs, cancellation);
        return manifest is not null
            ? (blobs, manifest)
            : throw new VaultException(
                ErrorCodes.StoreNotFound,
                $"There is no store in {location}.",
                "Name the right place, or make a store with 'rvault store create'."
            );
    }

    /// <summary>Makes the container if it is missing, and an empty store in it; the caller disposes the keyring.</summary>
    /// <exception cref="VaultException">StoreNotEmpty: there is one already. InvalidRequest, WrongPlatformKey: the keys' place.</exception>
    public static async Task<(StoreParts Parts, string KeysPath)> CreateAsync(
        BlobStoreLocation location,
        EmbeddedStoreOptions options,
        TimeProvider time,
        CancellationToken cancellation = default
    )
    {
        var blobs = await location.OpenAsync(create: true, time, cancellation);
        if (await FindManifestAsync(blobs, cancellation) is not null)
            throw new VaultException(ErrorCodes.StoreNotEmpty, $"There is a store in {location} already.");
        StorePlace.RequireNewKeys(options);
        var storeId = Guid.NewGuid().ToString();
        var place = StorePlace.RequireKeys(options, storeId, create: true);
        var keys = new FileBlobStore(place, time, new FileBlobStoreOptions { CreateIfMissing = true });
        try
        {
            var (manifest, keyring) = await StoreManifest.CreateAsync(blobs, storeId, options.ServiceId, keys, time, cancellation);
            return (new StoreParts(manifest, blobs, keys, keyring), place);
        }
        catch (BlobStoreException e)
        {
            throw StoreRefusals.ToVaultException(e);
        }
    }

    private static async Task<StoreManifest?> FindManifestAsync(IBlobStore blobs, CancellationToken cancellation)
    {
        try
        {
            return await StoreManifest.FindAsync(blobs, cancellation);
        }
        catch (BlobStoreException e)
        {
            throw StoreRefusals.ToVaultException(e);
        }
    }
}
