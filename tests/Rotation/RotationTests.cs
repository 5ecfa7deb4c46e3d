using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Rotation;
using RecoveryVault.Tests.Cluster;

namespace RecoveryVault.Tests.Rotation;

[Collection(VaultClusterCollection.Name)]
public sealed class RotationTests(VaultCluster cluster)
{
    private async Task<RotationStage> CreateAsync(params string[] items)
    {
        var stage = await RotationStage.CreateAsync(cluster);
        foreach (var item in items)
            await stage.ProtectAsync(item);
        return stage;
    }

    private static async Task<string> CodeOfAsync(Func<Task> call) => (await Assert.ThrowsAsync<VaultException>(call)).Code;

    [Fact]
    [Trait("Requirement", "R53")]
    public async Task Backup_OldVersionDisabledTooEarly_FailsWithItsCodeAndHealsWhenItReturns()
    {
        using var stage = await CreateAsync("a", "b");
        await stage.BackUpAsync("a");
        var (v1, v2) = (await stage.CurrentAsync(), await stage.NewVersionAsync());
        var rings = (await stage.RingsOfAsync("a"), await stage.RingsOfAsync("b"));
        await stage.EnableAsync(v1, false);

        // Idle: the version in force is disabled, which is a revocation and no reason to go on to another.
        Assert.Equal(ErrorCodes.UserErrorCMKKeyDisabled, await CodeOfAsync(() => stage.BackUpAsync("a")));
        Assert.True((await VaultClient.SyncAsync(stage.Vault)).Done);
        Assert.Equal(v1, await stage.CurrentAsync());

        await stage.EnableAsync(v1, true);
        await stage.BackUpAsync("a");
        await VaultClient.SyncAsync(stage.Vault);
        Assert.Equal(v2, await stage.CurrentAsync());
        Assert.NotEqual(rings.Item1, await stage.RingsOfAsync("a"));
        await stage.RequireRestorableAsync("a");
    }

    [Fact]
    [Trait("Requirement", "R53")]
    [Trait("Requirement", "R52")]
    public async Task Sync_OldVersionDisabledDuringThePass_IsBlockedNamingItAndHeals()
    {
        using var stage = await CreateAsync("a", "b", "c");
        await stage.BackUpAsync("a");
        var v1 = await stage.CurrentAsync();
        var rings = await stage.RingsOfAsync("a");
        var v2 = await stage.NewVersionAsync();
        // Announced, and not passed yet: the key vault goes before the first item is asked.
        cluster.Store.Inject(
            new Storage.Fault.First(() => stage.EnableAsync(v1, false)),
            Storage.BlobCalls.Put,
            names: name => name.Contains($"record-vault/{stage.Vault.VaultId}", StringComparison.Ordinal)
        );

        var blocked = await Assert.ThrowsAsync<VaultException>(() => VaultClient.SyncAsync(stage.Vault));

        Assert.Equal(ErrorCodes.RotationBlocked, blocked.Code);
        Assert.All(
            (string[])[v1.Version!, v2.Version!, "3 item(s): a, b, c", ErrorCodes.UserErrorCMKKeyDisabled],
            part => Assert.Contains(part, blocked.Message, StringComparison.Ordinal)
        );
        Assert.Equal(ErrorCodes.UserErrorCMKKeyDisabled, await CodeOfAsync(() => stage.BackUpAsync("a")));
        Assert.Equal(["a", "b", "c"], (await stage.UseOfAsync(v1)).NeededBy);
        Assert.Equal(rings, await stage.RingsOfAsync("a"));

        await stage.EnableAsync(v1, true);
        await stage.TickAsync();
        Assert.True((await stage.UseOfAsync(v1)).SafeToDisable);
        await stage.EnableAsync(v1, false);
        await stage.RequireRestorableAsync("a");
        await stage.BackUpAsync("b");
    }

    [Fact]
    [Trait("Requirement", "R54")]
    public async Task Sync_NewVersionUnusable_StaysUntilItCanBeUsed()
    {
        using var stage = await CreateAsync("a");
        var v1 = await stage.CurrentAsync();
        var later = cluster.Time.GetUtcNow().AddMinutes(30);

        var disabled = await stage.NewVersionAsync(enabled: false);
        Assert.Equal((true, 0), await SyncAsync(stage));
        await stage.NewVersionAsync(notBefore: later);
        await stage.NewVersionAsync(expiresOn: cluster.Time.GetUtcNow().AddSeconds(-1));
        Assert.Equal((true, 0), await SyncAsync(stage));
        Assert.Equal(v1, await stage.CurrentAsync());

        await stage.EnableAsync(disabled, true);
        await SyncAsync(stage);
        Assert.Equal(disabled, await stage.CurrentAsync());
    }

    private static async Task<(bool Done, int Remaining)> SyncAsync(RotationStage stage)
    {
        var progress = await VaultClient.SyncAsync(stage.Vault);
        return (progress.Done, progress.ItemsRemaining);
    }

    [Fact]
    [Trait("Requirement", "R54")]
    public async Task Sync_NewestDisabledAgainBeforeAdoption_Stays()
    {
        using var stage = await CreateAsync("a");
        var v1 = await stage.CurrentAsync();
        await stage.EnableAsync(await stage.NewVersionAsync(), false);

        var progress = await VaultClient.SyncAsync(stage.Vault);

        Assert.Equal(v1, await stage.CurrentAsync());
        Assert.Null(progress.JobId);
    }

    [Fact]
    [Trait("Requirement", "R55")]
    public async Task Ticks_PinnedVersion_NeverLookAndNeverRotate()
    {
        using var stage = await RotationStage.CreateAsync(cluster, pinned: true);
        await stage.ProtectAsync("a");
        var v1 = await stage.CurrentAsync();
        await stage.NewVersionAsync();
        var looks = cluster.KeyVaultTraffic.Count(stage.Host, "list");

        for (var day = 0; day < 3; day++)
        {
            cluster.Time.Advance(TimeSpan.FromDays(1));
            await stage.TickAsync();
            await stage.BackUpAsync("a");
            await VaultClient.SyncAsync(stage.Vault);
        }

        Assert.Equal(v1, await stage.CurrentAsync());
        Assert.Equal(looks, cluster.KeyVaultTraffic.Count(stage.Host, "list"));
        Assert.False(await stage.HasReminderAsync());
    }

    [Fact]
    [Trait("Requirement", "R55")]
    public async Task Pin_WhatWasFollowed_EndsTheReminder()
    {
        using var stage = await CreateAsync("a");
        await stage.UntilAsync(stage.HasReminderAsync);
        var v1 = await stage.CurrentAsync();

        await stage.AssignAsync(v1, pinned: true);
        await stage.NewVersionAsync();
        await stage.TickAsync();

        Assert.False(await stage.HasReminderAsync());
        Assert.Equal(v1, await stage.CurrentAsync());
    }

    [Fact]
    [Trait("Requirement", "R50")]
    public async Task Ticks_PollsFailForAWhile_NewVersionIsInForceWithinTheHour()
    {
        using var stage = await CreateAsync("a");
        await stage.TickAsync();
        var v2 = await stage.NewVersionAsync();
        cluster.KeyVaultTraffic.Fail(stage.Host, KeyVaultFault.Throttled);
        for (var failing = 0; failing < 2; failing++)
        {
            cluster.Time.Advance(TimeSpan.FromMinutes(18));
            await stage.TickAsync();
        }
        cluster.KeyVaultTraffic.Heal(stage.Host);
        cluster.Time.Advance(TimeSpan.FromMinutes(18));

        await stage.TickAsync();

        Assert.Equal(v2, await stage.CurrentAsync());
        await stage.BackUpAsync("a");
    }

    [Fact]
    [Trait("Requirement", "R50")]
    public async Task VaultCall_LookIsOverdue_StartsOneWithoutAnyReminder()
    {
        using var stage = await CreateAsync("a");
        var v2 = await stage.NewVersionAsync();
        cluster.Time.Advance(PollRules.Period);

        await stage.UntilAsync(async () => (await stage.Vault.Vault.GetEncryptionAsync()).KeyVersion == v2.Version);
    }

    [Fact]
    [Trait("Requirement", "R50")]
    public async Task Backup_LastLookOverAnHourAgoAndKeyVaultAway_DoesNotStart()
    {
        using var stage = await CreateAsync("a");
        await stage.TickAsync();
        cluster.KeyVaultTraffic.Fail(stage.Host, KeyVaultFault.Unreachable);
        cluster.Time.Advance(PollRules.MaxAge);

        Assert.Equal(ErrorCodes.KeyVaultUnreachable, await CodeOfAsync(() => stage.BackUpAsync("a")));

        cluster.KeyVaultTraffic.Heal(stage.Host);
        var v2 = await stage.NewVersionAsync();
        var report = await stage.BackUpAsync("a");
        Assert.Equal(v2.Version, report.Outcome.RecoveryPoint.KeyVersionAtBackup);
    }

    [Fact]
    [Trait("Requirement", "R51")]
    [Trait("Requirement", "R58")]
    public async Task Tick_NewVersion_IsRecordedByRecoveryPointsJobAndLog()
    {
        using var stage = await CreateAsync("a");
        var v1 = await stage.CurrentAsync();
        var first = await stage.BackUpAsync("a");
        var (jobs, entries) = ((await stage.KeyJobsAsync()).Count, await stage.KeyLogEntriesAsync(LogStatuses.Succeeded));
        var v2 = await stage.NewVersionAsync();
        cluster.Time.Advance(PollRules.Period);

        await stage.TickAsync();

        var second = await stage.BackUpAsync("a");
        Assert.Equal(
            (v1.Version, v2.Version),
            (first.Outcome.RecoveryPoint.KeyVersionAtBackup, second.Outcome.RecoveryPoint.KeyVersionAtBackup)
        );
        var points = (await (await stage.OpenAsync("a")).ListRecoveryPointsAsync(new PageRequest(null))).Items;
        Assert.Equal([(v2.Version!, v2.Version!), (v2.Version!, v1.Version!)], points.Select(p => (p.KeyVersion, p.KeyVersionAtBackup)));
        var all = await stage.KeyJobsAsync();
        Assert.Equal(jobs + 1, all.Count);
        Assert.Equal(
            (JobStatus.Completed, v1.ToString(), v2.ToString(), "system"),
            (all[0].Status, all[0].Properties["oldKeyId"], all[0].Properties["newKeyId"], all[0].Caller)
        );
        Assert.Equal(entries + 1, await stage.KeyLogEntriesAsync(LogStatuses.Succeeded));
    }

    [Fact]
    [Trait("Requirement", "R58")]
    public async Task Tick_NewVersionOfAVaultWithoutItems_HasItsJobToo()
    {
        using var stage = await CreateAsync();
        var v2 = await stage.NewVersionAsync();
        cluster.Time.Advance(PollRules.Period);

        await stage.TickAsync();

        var jobs = await stage.KeyJobsAsync();
        Assert.Equal(2, jobs.Count);
        Assert.All(jobs, job => Assert.Equal(JobStatus.Completed, job.Status));
        Assert.Equal(v2.ToString(), jobs[0].Properties["newKeyId"]);
    }

    [Fact]
    [Trait("Requirement", "R57")]
    public async Task Sync_TwoNewVersionsOneDuringThePass_EndsOnTheNewestAndLeavesNoRingBehind()
    {
        using var stage = await CreateAsync("a", "b");
        await stage.BackUpAsync("a");
        var v1 = await stage.CurrentAsync();
        var v2 = await stage.NewVersionAsync();
        KeyId? v3 = null;
        cluster.Store.Inject(
            new Storage.Fault.First(async () => v3 = await stage.NewVersionAsync()),
            Storage.BlobCalls.Put,
            names: name => name.Contains($"record-item/{stage.Vault.VaultId}", StringComparison.Ordinal)
        );

        await VaultClient.SyncAsync(stage.Vault);
        await VaultClient.SyncAsync(stage.Vault);

        Assert.Equal(v3, await stage.CurrentAsync());
        Assert.True((await stage.UseOfAsync(v1)).SafeToDisable && (await stage.UseOfAsync(v2)).SafeToDisable);
        Assert.Single(await stage.RingsOfAsync("a"));
        await stage.EnableAsync(v1, false);
        await stage.EnableAsync(v2, false);
        await stage.RequireRestorableAsync("a");
    }

    [Fact]
    [Trait("Requirement", "R56")]
    [Trait("Requirement", "R2")]
    public async Task Rotation_RunningBackup_CommitsUnderTheNewRingThoughTheOldVersionIsDisabled()
    {
        using var stage = await CreateAsync("a", "b");
        await stage.BackUpAsync("a");
        var v1 = await stage.CurrentAsync();
        var release = new TaskCompletionSource();
        var backup = await stage.BeginBackupAsync("a", release.Task);
        var v2 = await stage.NewVersionAsync();

        await VaultClient.SyncAsync(stage.Vault);
        Assert.True((await stage.UseOfAsync(v1)).SafeToDisable);
        await stage.EnableAsync(v1, false);
        release.SetResult();

        Assert.Equal(v2.Version, (await backup).Outcome.RecoveryPoint.KeyVersionAtBackup);
        await stage.RequireRestorableAsync("a");
    }

    [Fact]
    public async Task Sync_TargetDisabledDuringThePass_IsReplacedByANewerVersion()
    {
        using var stage = await CreateAsync("a", "b");
        await stage.BackUpAsync("a");
        var (v1, v2) = (await stage.CurrentAsync(), await stage.NewVersionAsync());
        cluster.Store.Inject(
            new Storage.Fault.First(() => stage.EnableAsync(v2, false)),
            Storage.BlobCalls.Put,
            names: name => name.Contains($"record-vault/{stage.Vault.VaultId}", StringComparison.Ordinal)
        );
        var blocked = await Assert.ThrowsAsync<VaultException>(() => VaultClient.SyncAsync(stage.Vault));
        Assert.Equal(ErrorCodes.RotationBlocked, blocked.Code);
        Assert.False((await stage.UseOfAsync(v1)).SafeToDisable);

        var v3 = await stage.NewVersionAsync();
        await VaultClient.SyncAsync(stage.Vault);

        Assert.Equal(v3, await stage.CurrentAsync());
        Assert.True((await stage.UseOfAsync(v1)).SafeToDisable);
        await stage.RequireRestorableAsync("a");
        Assert.All(await stage.KeyJobsAsync(), job => Assert.Equal(JobStatus.Completed, job.Status));
    }

    [Fact]
    public async Task Sync_SameVersionAssignedAgain_IsAJobAndNoRotation()
    {
        using var stage = await CreateAsync("a");
        var v1 = await stage.CurrentAsync();
        var jobs = (await stage.KeyJobsAsync()).Count;

        await stage.AssignAsync(v1, pinned: false);

        var all = await stage.KeyJobsAsync();
        Assert.Equal((jobs + 1, JobStatus.Completed), (all.Count, all[0].Status));
        Assert.Single(await stage.RingsOfAsync("a"));
    }
}
