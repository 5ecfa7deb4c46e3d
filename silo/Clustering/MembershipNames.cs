using RecoveryVault.Storage;

namespace RecoveryVault.Clustering;

/// <summary>Where a cluster's membership lies.</summary>
internal sealed class MembershipNames(string clusterId)
{
    private readonly string _cluster = NamePart.Of(clusterId);

    /// <summary>The table: rows and version.</summary>
    public string Table => $"membership/{_cluster}.json";

    /// <summary>What the names of all heartbeats begin with.</summary>
    public string AllHeartbeats => $"alive/{_cluster}/";

    /// <summary>A silo's latest heartbeat: its address, port and generation.</summary>
    public string Heartbeat(string silo) => AllHeartbeats + silo.Replace(':', '-').Replace('@', '-');
}
