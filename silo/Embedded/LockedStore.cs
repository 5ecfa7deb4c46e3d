using RecoveryVault.Errors;
using RecoveryVault.Storage;
using RecoveryVault.Stores;

namespace RecoveryVault.Embedded;

/// <summary>A store directory this process works on, alone or as one silo of a cluster. Its keys are not looked for.</summary>
public sealed class LockedStore : IDisposable
{
    private readonly StoreLock _lock;

    private LockedStore(StoreLock storeLock, FileBlobStore blobs, StoreManifest? manifest) =>
        (_lock, Blobs, Manifest) = (storeLock, blobs, manifest);

    public FileBlobStore Blobs { get; }

    /// <summary>Null when the place is empty and a store is to be made.</summary>
    public StoreManifest? Manifest { get; }

    /// <exception cref="VaultException">StoreNotFound, NotAStore, StoreTooNew, StoreInUse, StoreAccessDenied.</exception>
    /// <exception cref="StoreServedException">Another process serves it, and that was asked for.</exception>
    public static async Task<LockedStore> OpenAsync(
        EmbeddedStoreOptions options,
        TimeProvider time,
        CancellationToken cancellation = default
    )
    {
        StorePlace.Require(options.StorePath, options.Create);
        // A store that was copied without its hidden files is still a store: what they hold can be made again.
        var blobs = new FileBlobStore(options.StorePath, time, new FileBlobStoreOptions { CreateIfMissing = true });
        var storeLock = await LockAsync(options, time, cancellation);
        try
        {
            var manifest = await StoreManifest.FindAsync(blobs, cancellation);
            return manifest is not null || options.Create
                ? new LockedStore(storeLock, blobs, manifest)
                : throw new VaultException(ErrorCodes.StoreNotFound, $"There is no store in {options.StorePath}.");
        }
        catch
        {
            storeLock.Dispose();
            throw;
        }
    }

    /// <summary>Tells others that this process serves the store there; nulls: no longer.</summary>
    public void Announce(string? gateway, string? dataPlane) => _lock.Announce(gateway, dataPlane);

    public void Dispose() => _lock.Dispose();

    private static async Task<StoreLock> LockAsync(EmbeddedStoreOptions options, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            return await StoreLock.AcquireAsync(
                options.StorePath,
                options.Command,
                options.Wait,
                time,
                holder =>
                {
                    if (holder.Cluster is { } cluster)
                        throw new VaultException(
                            ErrorCodes.StoreInUse,
                            $"The silos of cluster '{cluster}' work on the store {options.StorePath}, such as {holder}.",
                            "Go through the cluster: name its gateways with --cluster or RVAULT_CLUSTER. Or stop its silos first."
                        );
                    if (options.LeavesToServer && holder.Gateway is not null)
                        throw new StoreServedException(holder);
                    options.OnWaiting?.Invoke(holder.ToString());
                },
                options.Cluster,
                cancellation
            );
        }
        catch (StoreLockedException e)
        {
            throw new VaultException(ErrorCodes.StoreInUse, $"The store {options.StorePath} is in use by {e.Holder}.");
        }
    }
}
