using System.Buffers;
using RecoveryVault.Backups;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Rotation;
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

    /// <summary>A rotation, and a ring that somebody who works for the generation that is over stores later, and dies.</summary>
    private async Task<KeyId> LeaveBehindAsync(RotationStage stage, TimeSpan later, bool pinned = false)
    {
        await stage.ProtectAsync("a");
        await stage.BackUpAsync("a");
        var v1 = await stage.CurrentAsync();
        var ring = Assert.Single(await stage.RingsOfAsync("a"));
        var content = (await cluster.Store.GetAsync(ring))?.Content.ToArray() ?? [];
        var v2 = await stage.NewVersionAsync();
        if (pinned)
            await stage.AssignAsync(v2, pinned);
        else
            await VaultClient.SyncAsync(stage.Vault);
        Assert.True((await stage.UseOfAsync(v1)).SafeToDisable);
        await stage.LiveAsync(later, TimeSpan.FromHours(1));
        await cluster.Store.PutAsync(ring, new ReadOnlySequence<byte>(content), PutCondition.IfAbsent);
        Assert.Equal(["a"], (await stage.UseOfAsync(v1)).NeededBy);
        return v1;
    }

    [Fact]
    [Trait("Requirement", "R56")]
    public async Task Rotation_UnreadableRingAfterTheOneInForce_IsBlockedAndSaysSoAndGoesOnWhenItIsGone()
    {
        using var stage = await RotationStage.CreateAsync(cluster);
        await stage.ProtectAsync("a");
        await stage.BackUpAsync("a");
        var v1 = await stage.CurrentAsync();
        var ring = Assert.Single(await stage.RingsOfAsync("a"));
        var stray = $"{ring[..ring.LastIndexOf('/')]}/{0x70:x16}-{new string('a', 32)}";
        await cluster.Store.PutAsync(stray, new ReadOnlySequence<byte>([1, 2, 3]), PutCondition.IfAbsent);
        await stage.NewVersionAsync();

        var refusal = await Assert.ThrowsAsync<VaultException>(() => VaultClient.SyncAsync(stage.Vault));

        Assert.Equal(ErrorCodes.RotationBlocked, refusal.Code);
        Assert.Contains("1 item(s): a. DataBitRot", refusal.Message, StringComparison.Ordinal);
        Assert.False((await stage.UseOfAsync(v1)).SafeToDisable);
        await stage.RequireRestorableAsync("a");
        // Nobody works on it until the next tick.
        var reads = cluster.Store.Count();
        await stage.Vault.Vault.GetAsync();
        Assert.InRange(cluster.Store.Count() - reads, 0, 20);

        await cluster.Store.DeleteAsync(stray);
        await stage.LiveAsync(PollRules.Period);
        Assert.True((await stage.UseOfAsync(v1)).SafeToDisable);
    }

    private static async Task RequireClearedAsync(RotationStage stage, KeyId old)
    {
        Assert.True((await stage.UseOfAsync(old)).SafeToDisable);
        Assert.Single(await stage.RingsOfAsync("a"));
        await stage.EnableAsync(old, false);
        await stage.RequireRestorableAsync("a");
    }

    [Fact]
    [Trait("Requirement", "R52")]
    public async Task Sync_RingOfAnOlderVersionLeftBehind_ClearsItAway()
    {
        using var stage = await RotationStage.CreateAsync(cluster);
        var v1 = await LeaveBehindAsync(stage, TimeSpan.Zero);

        var progress = await VaultClient.SyncAsync(stage.Vault);

        Assert.Equal((true, null), (progress.Done, progress.JobId));
        await RequireClearedAsync(stage, v1);
    }

    [Theory]
    [Trait("Requirement", "R52")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ticks_RingOfAnOlderVersionLeftBehind_IsClearedByTheNextOne(bool pinned)
    {
        using var stage = await RotationStage.CreateAsync(cluster, pinned);
        var v1 = await LeaveBehindAsync(stage, TimeSpan.Zero, pinned);

        await stage.LiveAsync(PollRules.Period);

        await RequireClearedAsync(stage, v1);
    }

    [Fact]
    [Trait("Requirement", "R52")]
    public async Task Ticks_RingLeftBehindHoursAfterTheRotation_IsClearedWithinADay()
    {
        using var stage = await RotationStage.CreateAsync(cluster);
        var v1 = await LeaveBehindAsync(stage, SweepRules.Settling + TimeSpan.FromHours(1));

        await stage.LiveAsync(TimeSpan.FromHours(24), TimeSpan.FromHours(1));

        await RequireClearedAsync(stage, v1);
    }
}
