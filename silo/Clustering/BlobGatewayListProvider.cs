using Orleans.Messaging;
using RecoveryVault.Storage;

namespace RecoveryVault.Clustering;

/// <summary>The gateways of a cluster as its membership table names them: silos that are active and have a gateway.</summary>
public sealed class BlobGatewayListProvider(IBlobStore store, string clusterId, TimeSpan maxStaleness) : IGatewayListProvider
{
    private readonly MarkedBlob<MembershipRows> _table = BlobMembershipTable.OpenTable(store, clusterId);

    public TimeSpan MaxStaleness { get; } = maxStaleness;

    public bool IsUpdatable => true;

    /// <summary>Only looks whether the store answers: to make the table is the silos' part.</summary>
    public async Task InitializeGatewayListProviderAsync(CancellationToken cancellationToken = default) =>
        await _table.ReadAsync(cancellationToken);

    public async Task<IList<Uri>> GetGatewaysAsync(CancellationToken cancellationToken = default) =>
        [
            .. ((await _table.ReadAsync(cancellationToken)).Content?.Rows ?? [])
                .Where(row => row.Status == SiloStatus.Active && row.ProxyPort != 0)
                .Select(GatewayOf),
        ];

    public Task InitializeGatewayListProvider() => InitializeGatewayListProviderAsync();

    public Task<IList<Uri>> GetGateways() => GetGatewaysAsync();

    private static Uri GatewayOf(MembershipRow row)
    {
        var silo = SiloAddress.FromParsableString(row.Silo);
        return SiloAddress.New(silo.Endpoint.Address, row.ProxyPort, silo.Generation).ToGatewayUri();
    }
}
