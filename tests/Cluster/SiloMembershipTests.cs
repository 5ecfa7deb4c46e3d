using Microsoft.Extensions.DependencyInjection;
using RecoveryVault.Hosting;

namespace RecoveryVault.Tests.Cluster;

[Collection(VaultClusterCollection.Name)]
public sealed class SiloMembershipTests(VaultCluster cluster)
{
    [Fact]
    public void Membership_OfEverySilo_IsQuietOnceItEnded() =>
        Assert.All(
            cluster.Cluster.GetActiveSilos(),
            silo => Assert.IsType<QuietMembership>(silo.ServiceProvider.GetRequiredService<IClusterMembershipService>())
        );
}
