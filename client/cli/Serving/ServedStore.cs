using RecoveryVault.Connections;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Storage;
using RecoveryVault.Stores;

namespace RecoveryVault.Cli.Serving;

/// <summary>
/// A store that other processes work on: a connection to their silos, made when first needed, and its keys directory, which any number of
/// processes may share.
/// </summary>
internal sealed class ServedStore(WayIn way, EmbeddedStoreOptions options, TimeProvider time) : IAsyncDisposable
{
    private ConnectionSecret? _secret;
    private ClusterConnection? _connection;

    /// <summary>Where it lies; null: nobody said.</summary>
    public string? StorePath => way.StorePath;

    /// <summary>The store as it lies on disk.</summary>
    /// <exception cref="VaultException">StoreNotFound: nobody said where it is.</exception>
    public FileBlobStore Blobs => new(RequirePath(), time);

    /// <summary>The keys and the store's id.</summary>
    /// <exception cref="VaultException">StoreNotFound, KeysNotFound, NotAStore.</exception>
    public async Task<(IBlobStore Keys, string StoreId)> OpenKeysAsync(CancellationToken cancellation)
    {
        var path = RequirePath();
        StorePlace.Require(path, create: false);
        var manifest =
            await StoreManifest.FindAsync(Blobs, cancellation)
            ?? throw new VaultException(ErrorCodes.StoreNotFound, $"There is no store in {path}.");
        var place = StorePlace.RequireKeys(options with { KeysPath = way.KeysPath, StorePath = path }, manifest.StoreId, create: false);
        return (new FileBlobStore(place, time), manifest.StoreId);
    }

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
            "Name them with --store and --keys, on a machine that has them."
        );
}
