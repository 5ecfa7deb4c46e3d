using RecoveryVault.Errors;
using RecoveryVault.Retention;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Items;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Retention;

/// <summary>The period a vault gives to deletions, on a cluster.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class VaultSoftDeleteTests(VaultCluster cluster)
{
    private static Task<VaultSummary> SetAsync(ClusterItem item, int days) =>
        item.Vault.Vault.SetSoftDeleteAsync(new SetSoftDelete(Guid.NewGuid(), days));

    private async Task<ClusterItem> PrepareAsync()
    {
        var item = await ClusterItem.CreateAsync(cluster);
        for (var i = 0; i < 4; i++)
        {
            item.Write("file", $"content {i}");
            await item.BackUpAsync();
        }
        return item;
    }

    /// <summary>For how long a deletion made now can be taken back.</summary>
    private async Task<double> DeleteAsync(ClusterItem item, int seq)
    {
        var name = (await item.ListAsync()).Single(p => p.Seq == seq).Name;
        return ((await item.DeleteAsync(name)).Expires - cluster.Time.GetUtcNow())?.TotalDays ?? 0;
    }

    [Theory]
    [InlineData(13)]
    [InlineData(181)]
    public async Task Set_OutOfRange_IsRefusedLoggedAndChangesNothing(int days)
    {
        using var item = await PrepareAsync();

        Assert.Equal(ErrorCodes.InvalidRequest, await VaultStage.CodeOfAsync(() => SetAsync(item, days)));

        Assert.Equal(SoftDeletePeriod.Default, (await item.Vault.Vault.GetAsync()).SoftDelete);
        Assert.Equal("Failed", Assert.Single(await item.LogAsync("SetSoftDelete")).Status);
        Assert.Equal(14, await DeleteAsync(item, 1));
    }

    [Fact]
    public async Task Deletion_KeepsThePeriodThatWasInForceWhenItWasMade()
    {
        using var item = await PrepareAsync();
        var early = await DeleteAsync(item, 1);

        Assert.Equal(new SoftDeletePeriod(30), (await SetAsync(item, 30)).SoftDelete);
        Assert.Equal((14, 30), (early, await DeleteAsync(item, 2)));
        Assert.Equal(14, ((await item.ListAsync()).Single(p => p.Seq == 1).Expires - cluster.Time.GetUtcNow())?.TotalDays);

        var asked = (await SetAsync(item, 14)).SoftDelete;
        Assert.Equal(new SoftDeletePeriod(30, 14, cluster.Time.GetUtcNow().AddDays(30)), asked);
        Assert.Equal(30, await DeleteAsync(item, 3));
        Assert.Equal(["Succeeded", "Succeeded"], (await item.LogAsync("SetSoftDelete")).Select(e => e.Status));
    }
}
