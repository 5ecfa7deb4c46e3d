using RecoveryVault.Keys;
using RecoveryVault.Tests.Cluster;

namespace RecoveryVault.Tests.Rotation;

/// <summary>What backups and restores cost of the key vault.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class KeyTrafficTests(VaultCluster cluster)
{
    [Fact]
    public async Task BackupsAndRestores_WithinTenMinutes_CostOneUnwrap()
    {
        using var stage = await RotationStage.CreateAsync(cluster);
        await stage.ProtectAsync("a");
        int Unwraps() => cluster.KeyVaultTraffic.Count(stage.Host, "unwrap");
        var before = Unwraps();

        for (var backups = 0; backups < 4; backups++)
            await stage.BackUpAsync("a");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => stage.RequireRestorableAsync("a")));
        Assert.Equal(before + 1, Unwraps());

        cluster.Time.Advance(DekCache.TimeToLive);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => stage.RequireRestorableAsync("a")));
        Assert.Equal(before + 2, Unwraps());
    }

    [Fact]
    public async Task Pass_YieldsToJobs_AndJobsDoNot()
    {
        using var stage = await RotationStage.CreateAsync(cluster);
        await stage.ProtectAsync("a");
        await stage.BackUpAsync("a");
        Assert.Equal(0, cluster.KeyVaultTraffic.CountYielding(stage.Host, "unwrap"));
        var before = cluster.KeyVaultTraffic.Count(stage.Host, "wrap");

        await stage.NewVersionAsync();
        Assert.True((await VaultClient.SyncAsync(stage.Vault)).Done);

        // Unwrapped, wrapped, and unwrapped again to be sure; the canary of the new version is nobody's pass.
        Assert.Equal(2, cluster.KeyVaultTraffic.CountYielding(stage.Host, "unwrap"));
        Assert.Equal(1, cluster.KeyVaultTraffic.CountYielding(stage.Host, "wrap"));
        Assert.Equal(before + 2, cluster.KeyVaultTraffic.Count(stage.Host, "wrap"));
    }
}
