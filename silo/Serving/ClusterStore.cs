using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Storage;

namespace RecoveryVault.Serving;

/// <summary>A store that one silo of a cluster works on, together with the others.</summary>
public sealed class ClusterStore : IDisposable
{
    private readonly IDisposable _hold;

    private ClusterStore(StoreParts parts, string path, string keysPath, IDisposable hold) =>
        (Parts, Path, KeysPath, _hold) = (parts, path, keysPath, hold);

    public StoreParts Parts { get; }

    /// <summary>Where it lies, for people.</summary>
    public string Path { get; }

    /// <summary>Where its keys lie.</summary>
    public string KeysPath { get; }

    /// <summary>Opens a store that is there; none is ever made.</summary>
    /// <param name="remote">Where it is, when that is no directory.</param>
    /// <param name="options">Where it and its keys are; cluster and creation are set here.</param>
    /// <param name="settings">Whose it must be.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Ends the wait for another process.</param>
    /// <exception cref="VaultException">
    /// StoreOfAnotherCluster: its service is another. Else as <see cref="EmbeddedStore.OpenAsync"/>.
    /// </exception>
    public static async Task<ClusterStore> OpenAsync(
        BlobStoreLocation? remote,
        EmbeddedStoreOptions options,
        SiloSettings settings,
        TimeProvider time,
        CancellationToken cancellation = default
    )
    {
        options = options with { Create = false, LeavesToServer = false, Cluster = settings.ClusterId };
        var store = remote is null
            ? await OpenDirectoryAsync(options, time, cancellation)
            : await OpenRemoteAsync(remote, options, time, cancellation);
        try
        {
            RequireService(store.Parts, settings);
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    private static async Task<ClusterStore> OpenDirectoryAsync(
        EmbeddedStoreOptions options,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        var store = await EmbeddedStore.OpenAsync(options, time, cancellation);
        return new ClusterStore(store.Parts, options.StorePath, store.KeysPath, store);
    }

    private static async Task<ClusterStore> OpenRemoteAsync(
        BlobStoreLocation remote,
        EmbeddedStoreOptions options,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        var (parts, keysPath) = await RemoteStore.OpenAsync(remote, options, time, cancellation);
        return new ClusterStore(parts, remote.Name, keysPath, parts.Keyring);
    }

    public void Dispose() => _hold.Dispose();

    /// <summary>Reminders and grain state go by it: another one would see none of them.</summary>
    private static void RequireService(StoreParts parts, SiloSettings settings)
    {
        if (parts.Manifest.ServiceId != settings.ServiceId)
            throw new VaultException(
                ErrorCodes.StoreOfAnotherCluster,
                $"Store {parts.Manifest.StoreId} belongs to service '{parts.Manifest.ServiceId}'; this silo is of service '{settings.ServiceId}'.",
                $"Name another store, or set {SiloSettings.ServiceIdSetting.Name}={parts.Manifest.ServiceId}."
            );
    }
}
