using System.Net;
using RecoveryVault.Clustering;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;
using static RecoveryVault.Tests.Clustering.MembershipSamples;

namespace RecoveryVault.Tests.Clustering;

/// <summary>What a client learns of a cluster.</summary>
public sealed class GatewayListTests
{
    private readonly FaultyBlobStore _store = new(new MemoryBlobStore());

    private BlobGatewayListProvider Provider => new(_store, ClusterId, TimeSpan.FromSeconds(7));

    [Fact]
    public async Task Gateways_StoreAway_IsAnErrorAndNeverAnEmptyList()
    {
        await Open(_store).InsertAsync(Entry(1));
        _store.Inject(new Fault.Fail()).Inject(new Fault.Fail(), nth: 1);

        await Assert.ThrowsAsync<BlobStoreException>(() => Provider.InitializeGatewayListProviderAsync());
        await Assert.ThrowsAsync<BlobStoreException>(() => Provider.GetGatewaysAsync());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Provider.GetGatewaysAsync(new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Gateways_ClusterThatIsNotThere_AreNoneAndNothingIsMade()
    {
        await Open(_store, "another").InsertAsync(Entry(1));
        _store.ForgetCalls();

        await Provider.InitializeGatewayListProviderAsync();

        Assert.Empty(await Provider.GetGatewaysAsync());
        Assert.Equal(0, _store.Count(BlobCalls.Writes));
    }

    [Fact]
    public async Task Gateways_OfAllRows_AreTheActiveOnesWithAPort()
    {
        var table = Open(_store);
        foreach (var status in Enum.GetValues<SiloStatus>())
            await table.InsertAsync(Entry((int)status + 1, status));
        var closed = Entry(20);
        closed.ProxyPort = 0;
        var six = Entry(21);
        six.SiloAddress = SiloAddress.New(IPAddress.Parse("::1"), 1, 21);
        await table.InsertAsync(closed, six);
        var active = (int)SiloStatus.Active + 1;

        var gateways = await Provider.GetGateways();

        Assert.Equal(
            [$"gwy.tcp://10.1.2.3:{30000 + active}/{active}", "gwy.tcp://[::1]:30021/21"],
            gateways.Select(g => g.ToString()).Order(StringComparer.Ordinal)
        );
        Assert.Equal(TimeSpan.FromSeconds(7), Provider.MaxStaleness);
        Assert.True(Provider.IsUpdatable);
    }
}
