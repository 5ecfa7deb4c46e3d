using Orleans.Configuration;
using RecoveryVault.Storage;

namespace RecoveryVault.Clustering;

/// <summary>Where a cluster's membership lies.</summary>
public sealed class BlobStoreClusteringOptions
{
    /// <summary>The service key of the <see cref="IBlobStore"/>; null: the one that is registered without a key.</summary>
    public string? ServiceKey { get; set; }
}

/// <summary>Refuses what cannot work before a silo or client starts with it.</summary>
internal sealed class BlobStoreClusteringOptionsValidator(
    IServiceProvider services,
    BlobStoreClusteringOptions options,
    ClusterOptions cluster,
    string provider
) : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        BlobStoreChoice.Require(services, options.ServiceKey, provider);
        if (string.IsNullOrWhiteSpace(cluster.ClusterId))
            throw new OrleansConfigurationException($"{provider}: ClusterId is not set; silos and clients of one cluster share one.");
        var names = new MembershipNames(cluster.ClusterId);
        BlobStoreChoice.RequireName(names.Table, provider, $"ClusterId '{cluster.ClusterId}'");
        BlobStoreChoice.RequireName(names.Heartbeat(new string('f', MaxSiloLength)), provider, $"ClusterId '{cluster.ClusterId}'");
    }

    /// <summary>Of an IPv6 address with its zone, port and generation.</summary>
    private const int MaxSiloLength = 100;
}
