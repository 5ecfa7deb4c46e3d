using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Reclaim;
using RecoveryVault.Restores;
using RecoveryVault.Rotation;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Rotation;

/// <summary>How a vault's key changes besides a newer version: back, pinned, followed, elsewhere; and a key whose time is over.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class KeyChangeTests(VaultCluster cluster)
{
    private async Task<RotationStage> CreateAsync(bool pinned = false)
    {
        var stage = await RotationStage.CreateAsync(cluster, pinned);
        foreach (var name in (string[])["a", "b"])
        {
            await stage.ProtectAsync(name);
            await stage.BackUpAsync(name);
        }
        return stage;
    }

    private static async Task<string> CodeOfAsync(Func<Task> call) => (await Assert.ThrowsAsync<VaultException>(call)).Code;

    /// <summary>Everything is wrapped by that version alone: with the others disabled all restores and all can be backed up.</summary>
    private static async Task RequireOnAsync(RotationStage stage, KeyId current, params KeyId[] others)
    {
        Assert.Equal(current, await stage.CurrentAsync());
        foreach (var other in others)
        {
            Assert.True((await stage.UseOfAsync(other)).SafeToDisable);
            await stage.EnableAsync(other, false);
        }
        foreach (var name in (string[])["a", "b"])
        {
            Assert.Single(await stage.RingsOfAsync(name));
            await stage.RequireRestorableAsync(name);
            await stage.BackUpAsync(name);
        }
        Assert.All(await stage.KeyJobsAsync(), job => Assert.Equal(JobStatus.Completed, job.Status));
    }

    [Fact]
    [Trait("Requirement", "R14")]
    public async Task Assign_OlderVersion_IsARotationLikeAnyOther()
    {
        using var stage = await CreateAsync(pinned: true);
        var (v1, v2) = (await stage.CurrentAsync(), await stage.NewVersionAsync());
        await stage.AssignAsync(v2, pinned: true);

        var back = await stage.AssignAsync(v1, pinned: true);

        Assert.Equal((v1.Version, (string?)null), (back.KeyVersion, back.PreviousKeyVersion));
        await RequireOnAsync(stage, v1, v2);
        Assert.Equal(3, (await stage.KeyJobsAsync()).Count);
    }

    [Fact]
    [Trait("Requirement", "R41")]
    [Trait("Requirement", "R14")]
    public async Task Assign_OlderVersionWithoutPinning_GoesForwardAgain()
    {
        using var stage = await CreateAsync();
        var (v1, v2) = (await stage.CurrentAsync(), await stage.NewVersionAsync());
        await stage.LiveAsync(PollRules.Period);
        await stage.AssignAsync(v1, pinned: true);
        Assert.Equal(v1, await stage.CurrentAsync());

        // Followed again: the version in force is the newest at once, by one more rotation.
        await stage.AssignAsync(v2, pinned: false);

        await RequireOnAsync(stage, v2, v1);
    }

    [Fact]
    [Trait("Requirement", "R41")]
    [Trait("Requirement", "R50")]
    public async Task Assign_PinnedKeyIsFollowedAgain_ItsReminderPicksUpTheNextVersion()
    {
        using var stage = await CreateAsync(pinned: true);
        var v1 = await stage.CurrentAsync();
        Assert.False(await stage.HasReminderAsync());

        var followed = await stage.AssignAsync(v1, pinned: false);

        Assert.Equal((true, v1.Version), (followed.AutoRotation, followed.KeyVersion));
        await stage.UntilAsync(stage.HasReminderAsync);
        var v2 = await stage.NewVersionAsync();
        await stage.LiveAsync(PollRules.Period);
        await RequireOnAsync(stage, v2, v1);
    }

    [Fact]
    [Trait("Requirement", "R38")]
    public async Task Assign_KeyOfAnotherKeyVaultWhileTheOldOneIsAway_ChangesNothing()
    {
        using var stage = await CreateAsync();
        using var other = await RotationStage.CreateAsync(cluster);
        await cluster.KeyVaults.SetPolicyAsync(
            other.Host.Split('.')[0],
            (await stage.Vault.Vault.GetAsync()).Identity.PrincipalId ?? "",
            KeyedItem.AllPermissions
        );
        var (before, v1, target) = (await stage.Vault.Vault.GetEncryptionAsync(), await stage.CurrentAsync(), await other.CurrentAsync());
        var rings = await stage.RingsOfAsync("a");
        // Jobs of one millisecond have no order.
        cluster.Time.Advance(TimeSpan.FromMilliseconds(1));
        cluster.KeyVaultTraffic.Fail(stage.Host, KeyVaultFault.Unreachable);
        Assert.Equal(ErrorCodes.KeyVaultUnreachable, await CodeOfAsync(() => stage.AssignAsync(target, pinned: false)));

        Assert.Equal(before with { LastUpdateStatus = "Failed" }, await stage.Vault.Vault.GetEncryptionAsync());
        Assert.Equal(rings, await stage.RingsOfAsync("a"));
        Assert.Equal((JobStatus.Failed, ErrorCodes.KeyVaultUnreachable), await LastKeyJobAsync(stage));
        cluster.KeyVaultTraffic.Heal(stage.Host);
        await stage.AssignAsync(target, pinned: false);
        Assert.Equal(target, await stage.CurrentAsync());
        await stage.EnableAsync(v1, false);
        await stage.RequireRestorableAsync("a");
        await stage.BackUpAsync("b");
    }

    private static async Task<(JobStatus, string)> LastKeyJobAsync(RotationStage stage)
    {
        var job = (await stage.KeyJobsAsync())[0];
        return (job.Status, job.ErrorDetails[0].Code);
    }

    /// <summary>The old key vault goes between the announcement and the first item: blocked, and healed by ticks alone.</summary>
    [Fact]
    [Trait("Requirement", "R38")]
    [Trait("Requirement", "R53")]
    public async Task Pass_ToAnotherKeyVault_OldKeyDeniedMeanwhile_WaitsAndHealsByItself()
    {
        using var stage = await CreateAsync();
        using var other = await RotationStage.CreateAsync(cluster);
        await cluster.KeyVaults.SetPolicyAsync(
            other.Host.Split('.')[0],
            (await stage.Vault.Vault.GetAsync()).Identity.PrincipalId ?? "",
            KeyedItem.AllPermissions
        );
        var (v1, target) = (await stage.CurrentAsync(), await other.CurrentAsync());
        cluster.Store.Inject(
            new Fault.First(() => stage.EnableAsync(v1, false)),
            BlobCalls.Put,
            names: name => name.Contains($"record-vault/{stage.Vault.VaultId}", StringComparison.Ordinal)
        );

        Assert.Equal(ErrorCodes.RotationBlocked, await CodeOfAsync(() => stage.AssignAsync(target, pinned: false)));
        await stage.LiveAsync(TimeSpan.FromHours(3), TimeSpan.FromHours(1));
        Assert.Equal(["a", "b"], (await stage.UseOfAsync(v1)).NeededBy);
        Assert.Equal(ErrorCodes.UserErrorCMKKeyDisabled, await CodeOfAsync(() => stage.RequireRestorableAsync("a")));

        await stage.EnableAsync(v1, true);
        await stage.LiveAsync(PollRules.Period);
        Assert.True((await stage.UseOfAsync(v1)).SafeToDisable);
        await stage.EnableAsync(v1, false);
        await stage.RequireRestorableAsync("a");
        await stage.BackUpAsync("b");
    }

    [Fact]
    [Trait("Requirement", "R57")]
    public async Task Ticks_TargetDiesDuringThePass_IsReplacedWithoutHands()
    {
        using var stage = await CreateAsync();
        var (v1, v2) = (await stage.CurrentAsync(), await stage.NewVersionAsync());
        // One item has reached the target, the other has not.
        cluster.Store.Inject(
            new Fault.First(() => stage.EnableAsync(v2, false)),
            BlobCalls.Put,
            names: name => name.StartsWith("rings/", StringComparison.Ordinal)
        );
        await stage.LiveAsync(PollRules.Period);
        Assert.False((await stage.UseOfAsync(v1)).SafeToDisable);

        var v3 = await stage.NewVersionAsync();
        await stage.LiveAsync(PollRules.Period);
        // The item on the dead target needs it once more.
        Assert.Equal(v3, await stage.CurrentAsync());
        Assert.NotEmpty((await stage.UseOfAsync(v2)).NeededBy);
        await stage.EnableAsync(v2, true);
        await stage.LiveAsync(PollRules.Period);

        await RequireOnAsync(stage, v3, v1, v2);
    }

    /// <summary>An expired key unwraps and wraps no more: what is stored can be had, cleaned up and rotated; new backups stop.</summary>
    [Fact]
    [Trait("Requirement", "R64")]
    [Trait("Requirement", "R7A")]
    public async Task ExpiredKey_RestoresVerifiesAndReclaims_ButTakesNoBackups_UntilANewVersionComes()
    {
        using var stage = await CreateAsync();
        var v1 = await stage.CurrentAsync();
        await stage.KeyVault.UpdateKeyAsync(v1.Name, v1.Version, new() { ExpiresOn = cluster.Time.GetUtcNow().AddMinutes(1) });
        await stage.LiveAsync(TimeSpan.FromHours(1));
        var item = await stage.OpenAsync("a");

        Assert.Equal(ErrorCodes.UserErrorCMKKeyExpired, await CodeOfAsync(() => stage.BackUpAsync("a")));
        await stage.RequireRestorableAsync("a");
        await cluster.Client.VerifyAsync(item, new VerifyOptions());
        Assert.Equal(JobStatus.Completed, (await VaultClient.ReclaimAsync(item, new ReclaimOptions())).Outcome.Status);
        Assert.True((await VaultClient.SyncAsync(stage.Vault)).Done);
        Assert.Equal(v1, await stage.CurrentAsync());

        var v2 = await stage.NewVersionAsync();
        await stage.LiveAsync(PollRules.Period);

        await RequireOnAsync(stage, v2, v1);
    }
}
