using RecoveryVault.Cli.Serving;
using RecoveryVault.Connections;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Files;
using RecoveryVault.Serving;
using RecoveryVault.Storage;

namespace RecoveryVault.Cli;

/// <summary>Where the store, its keys and the cluster are, by options and environment.</summary>
internal sealed partial class Invocation
{
    /// <summary>The store's directory, absolute.</summary>
    public string StorePath =>
        Place?.Directory ?? Path.GetFullPath(Setting(GlobalOptions.Store, "RVAULT_STORE") ?? Path.Combine(Home, ".recoveryvault"));

    /// <summary>The store where it is no directory; null: it is one.</summary>
    public BlobStoreLocation? RemotePlace => Place is { Directory: null } place ? place : null;

    /// <summary>What RVAULT_BLOBS says, unless a directory is named on the command line.</summary>
    private BlobStoreLocation? Place => _parsed.GetValue(GlobalOptions.Store) is { Length: > 0 } ? null : BlobStoreLocation.OfProcess();

    /// <summary>A cluster needs less than a minute to find out that a silo is gone, and to take over what it did.</summary>
    private static readonly TimeSpan ClusterPatience = TimeSpan.FromMinutes(2);

    public string? KeysPath => Setting(GlobalOptions.Keys, "RVAULT_KEYS");

    public bool NamesStore => Place?.Directory is not null || Setting(GlobalOptions.Store, "RVAULT_STORE") is not null;

    /// <summary>A cluster was named, by option or environment.</summary>
    public bool NamesCluster => Cluster is not null;

    private string? Cluster => Setting(GlobalOptions.Cluster, "RVAULT_CLUSTER");

    /// <summary>A cluster's silos share a secret, in a file that is named; a server's is found beside its keys.</summary>
    private WayIn FindWay(string cluster)
    {
        var gateways = ServerSearch.ParseGateways(cluster);
        if (Variable(SecretFile.Variable) is not { Length: > 0 } secret)
            return WayIn.Of(ServerSearch.AtGateway(gateways, KeysPath, Home));
        return new WayIn
        {
            Gateways = gateways,
            OpenSecret = () => SecretFile.Read(secret),
            ClusterId = SiloSettings.IdOf(SiloSettings.ClusterIdSetting, Variable),
            ServiceId = SiloSettings.IdOf(SiloSettings.ServiceIdSetting, Variable),
            StorePath = NamesStore && RemotePlace is null ? StorePath : null,
            Remote = RemotePlace,
            KeysPath = KeysPath,
            Patience = ClusterPatience,
        };
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name);

    /// <summary>For what works on the store by itself.</summary>
    /// <exception cref="VaultException">InvalidRequest: the store is no directory.</exception>
    public EmbeddedStoreOptions StoreOptions(bool create) =>
        RemotePlace is { } remote
            ? throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"The store in {remote} is no directory: this command cannot work on it by itself.",
                "Go through a cluster on it, with --cluster; or name a directory with --store."
            )
            : PlaceOptions(create);

    /// <summary>Where store and keys are; the store may be elsewhere.</summary>
    public EmbeddedStoreOptions PlaceOptions(bool create) =>
        new()
        {
            StorePath = StorePath,
            KeysPath = KeysPath,
            Create = create,
            Wait = TimeSpan.FromSeconds(_parsed.GetValue(GlobalOptions.Wait)),
            Command = PathOf(_parsed.CommandResult.Command),
            OnWaiting = holder => Tell($"Waiting for {holder} ..."),
            Home = Home,
            ServiceId = SiloSettings.IdOf(SiloSettings.ServiceIdSetting, Variable),
        };

    /// <summary>The store's own directory: backing it up into itself would never end.</summary>
    public IReadOnlySet<InodeId> OwnDirectories() =>
        _served is null ? new HashSet<InodeId> { InodeId.Of(StorePath) }
        : _served.StorePath is { } path && Directory.Exists(path) ? new HashSet<InodeId> { InodeId.Of(path) }
        : new HashSet<InodeId>();
}
