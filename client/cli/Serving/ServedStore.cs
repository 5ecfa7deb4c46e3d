using RecoveryVault.Connections;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Serving;
using RecoveryVault.Storage;
using RecoveryVault.Stores;

namespace RecoveryVault.Cli.Serving;

/// <summary>
/// A store that other processes work on: a connection to their silos, made when first needed, and its keys directory, which any number of
/// processes may share.
/// </summary>
internal sealed class ServedStore(WayIn way, EmbeddedStoreOptions options, TimeProvider time, Action<VaultException>? onBusy = null)
    : IAsyncDisposable
{
    private ConnectionSecret? _secret;
    private ClusterConnection? _connection;

    /// <summary>The directory it lies in; null: it is none, or nobody said.</summary>
    public string? StorePath => way.StorePath;

    /// <summary>The store as it lies there.</summary>
    /// <exception cref="VaultException">StoreNotFound: nobody said where it is.</exception>
    public async Task<IBlobStore> OpenBlobsAsync(CancellationToken cancellation) =>
        way.Remote is { } remote ? (await RemoteStore.FindAsync(remote, time, cancellation)).Blobs : new FileBlobStore(RequirePath(), time);

    /// <summary>The keys and the store's id.</summary>
    /// <exception cref="VaultException">StoreNotFound, KeysNotFound, NotAStore.</exception>
    public async Task<(IBlobStore Keys, string StoreId)> OpenKeysAsync(CancellationToken cancellation)
    {
        var own = options with { KeysPath = way.KeysPath };
        if (way.Remote is { } remote)
            return OpenKeys(own, (await RemoteStore.FindAsync(remote, time, cancellation)).Manifest);
        var path = RequirePath();
        StorePlace.Require(path, create: false);
        var manifest =
            await StoreManifest.FindAsync(new FileBlobStore(path, time), cancellation)
            ?? throw new VaultException(ErrorCodes.StoreNotFound, $"There is no store in {path}.");
        return OpenKeys(own with { StorePath = path }, manifest);
    }

    private (IBlobStore Keys, string StoreId) OpenKeys(EmbeddedStoreOptions own, StoreManifest manifest) =>
        (new FileBlobStore(StorePlace.RequireKeys(own, manifest.StoreId, create: false), time), manifest.StoreId);

    public async Task<VaultClient> ConnectAsync(CancellationToken cancellation)
    {
        _secret ??= way.OpenSecret();
        _connection ??= await ClusterConnection.OpenAsync(
            new GatewayOptions
            {
                Gateways = way.Gateways,
                Secret = _secret,
                ClusterId = way.ClusterId,
                ServiceId = way.ServiceId,
                Patience = way.Patience,
                OnBusy = onBusy,
            },
            time,
            cancellation
        );
        return _connection.Client;
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
        _secret?.Dispose();
    }

    private string RequirePath() =>
        way.StorePath
        ?? throw new VaultException(
            ErrorCodes.StoreNotFound,
            "This command reads the store or its keys themselves, and nobody said where the cluster's are.",
            "Name them with --store or RVAULT_BLOBS, and --keys, on a machine that has the keys."
        );
}
