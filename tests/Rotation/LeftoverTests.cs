using System.Buffers;
using RecoveryVault.Backups;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Cluster;

namespace RecoveryVault.Tests.Rotation;

/// <summary>What activations leave behind that missed a rotation: found by the model, and mended.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class LeftoverTests(VaultCluster cluster)
{
    [Fact]
    [Trait("Requirement", "R56")]
    public async Task BackUp_VaultActivationMissedTheRotation_NeedsOnlyTheVersionInForce()
    {
        await using var twin = await cluster.DeployTwinAsync();
        using var stage = await RotationStage.CreateAsync(cluster);
        await stage.ProtectAsync("a");
        var (other, v1) = (cluster.ClientOf(twin), await stage.CurrentAsync());
        Assert.Equal(v1.Version, (await other.Open(stage.Vault.VaultId).Vault.GetEncryptionAsync()).KeyVersion);
        var v2 = await stage.NewVersionAsync();
        await VaultClient.SyncAsync(stage.Vault);
        Assert.True((await stage.UseOfAsync(v1)).SafeToDisable);
        await stage.EnableAsync(v1, false);

        var report = await other.BackUpAsync(other.OpenItem(await stage.KeyOfAsync("a")), new BackupOptions());

        Assert.Equal(v2.Version, report.Outcome.RecoveryPoint.KeyVersionAtBackup);
    }

    [Fact]
    [Trait("Requirement", "R52")]
    public async Task Sync_RingOfAnOlderVersionLeftBehind_ClearsItAway()
    {
        using var stage = await RotationStage.CreateAsync(cluster);
        await stage.ProtectAsync("a");
        await stage.BackUpAsync("a");
        var v1 = await stage.CurrentAsync();
        var ring = Assert.Single(await stage.RingsOfAsync("a"));
        var content = (await cluster.Store.GetAsync(ring))?.Content.ToArray() ?? [];
        await stage.NewVersionAsync();
        await VaultClient.SyncAsync(stage.Vault);
        Assert.True((await stage.UseOfAsync(v1)).SafeToDisable);
        // Somebody who worked for the generation that is over stored it, and died.
        await cluster.Store.PutAsync(ring, new ReadOnlySequence<byte>(content), PutCondition.IfAbsent);
        Assert.Equal(["a"], (await stage.UseOfAsync(v1)).NeededBy);

        var progress = await VaultClient.SyncAsync(stage.Vault);

        Assert.Equal((true, null), (progress.Done, progress.JobId));
        Assert.True((await stage.UseOfAsync(v1)).SafeToDisable);
        Assert.NotEqual(ring, Assert.Single(await stage.RingsOfAsync("a")));
        await stage.EnableAsync(v1, false);
        await stage.RequireRestorableAsync("a");
    }
}
