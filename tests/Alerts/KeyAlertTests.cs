using Microsoft.Extensions.DependencyInjection;
using RecoveryVault.Activity;
using RecoveryVault.Alerts;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Rotation;

namespace RecoveryVault.Tests.Alerts;

/// <summary>Alerts of real vaults: raised by ticks and looks, logged once each, resolved when the cause is gone.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class KeyAlertTests(VaultCluster cluster)
{
    private static async Task<IReadOnlyList<string>> NamesAsync(RotationStage stage) =>
        [.. (await stage.Vault.Vault.ListAlertsAsync()).Select(a => a.Name)];

    private static async Task<string[]> LoggedAsync(RotationStage stage)
    {
        List<ActivityEntry> entries = [];
        await foreach (var entry in VaultClient.AllAsync(stage.Vault.Activity.ListAsync))
            if (entry.Operation.EndsWith("Alert", StringComparison.Ordinal))
                entries.Insert(0, entry);
        Assert.All(entries, e => Assert.Equal("system", e.Caller));
        return [.. entries.Select(e => $"{e.Operation} {e.Details["alert"]}")];
    }

    /// <summary>The reminder of a pinned key, which the vault has itself.</summary>
    private async Task TickPinnedAsync(RotationStage stage)
    {
        var factory = cluster.Cluster.GetActiveSilos().First().ServiceProvider.GetRequiredService<IGrainFactory>();
        await factory.GetGrain<IRemindable>(GrainId.Create("vault", stage.Vault.VaultId.ToString())).ReceiveReminder("key-health", default);
    }

    [Theory]
    [Trait("Requirement", "R39")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tick_VaultWithoutItems_FindsItsKeyDeniedWithinTheHour_AndThatItIsBack(bool pinned)
    {
        using var stage = await RotationStage.CreateAsync(cluster, pinned);
        var version = await stage.CurrentAsync();
        await stage.EnableAsync(version, false);
        cluster.Time.Advance(TimeSpan.FromMinutes(31));

        await TickUntilAsync(stage, pinned, vault => vault.Alerts.Count == 1);

        var alert = (await stage.Vault.Vault.GetAsync()).Alerts[0];
        Assert.Equal((AlertNames.KeyDenied, ErrorCodes.UserErrorCMKKeyDisabled), (alert.Name, alert.Code));
        Assert.Contains($"--version {version.Version} --enabled true", alert.Recommendation, StringComparison.Ordinal);
        Assert.Equal(cluster.Time.GetUtcNow(), alert.Since);

        await stage.EnableAsync(version, true);
        cluster.Time.Advance(TimeSpan.FromMinutes(31));
        await TickUntilAsync(stage, pinned, vault => vault.Alerts.Count == 0);
        // What the look owes to the log is paid when the next one begins.
        Assert.Empty(await NamesAsync(stage));
        Assert.Equal(["RaiseAlert KeyDenied", "ResolveAlert KeyDenied"], await LoggedAsync(stage));
    }

    private async Task TickUntilAsync(RotationStage stage, bool pinned, Func<RecoveryVault.Vaults.VaultSummary, bool> holds)
    {
        if (pinned)
            await TickPinnedAsync(stage);
        else
            await stage.TickAsync();
        await stage.UntilAsync(async () => holds(await stage.Vault.Vault.GetAsync()));
    }

    [Fact]
    [Trait("Requirement", "R39")]
    public async Task Alert_LooksAtOnceOnTwoActivationsAndTicksTwice_IsLoggedOnce()
    {
        using var stage = await RotationStage.CreateAsync(cluster);
        await using var twin = await cluster.DeployTwinAsync();
        var other = cluster.ClientOf(twin).Open(stage.Vault.VaultId);
        await other.Vault.GetAsync();
        await stage.EnableAsync(await stage.CurrentAsync(), false);
        cluster.Time.Advance(TimeSpan.FromHours(1));

        await Task.WhenAll(
            stage.TickAsync(),
            stage.TickAsync(),
            stage.Vault.Vault.ListAlertsAsync(),
            other.Vault.ListAlertsAsync(),
            stage.Vault.Vault.ListAlertsAsync(),
            other.Vault.ListAlertsAsync()
        );

        Assert.Equal([AlertNames.KeyDenied], await NamesAsync(stage));
        Assert.Equal(["RaiseAlert KeyDenied"], await LoggedAsync(stage));
    }

    [Fact]
    [Trait("Requirement", "R39")]
    [Trait("Requirement", "R64")]
    public async Task Alert_KeyVaultAway_ComesAfterAnHourAndGoesWithTheFirstAnswer()
    {
        using var stage = await RotationStage.CreateAsync(cluster, pinned: true);
        cluster.KeyVaultTraffic.Fail(stage.Host, KeyVaultFault.Unreachable);
        cluster.Time.Advance(TimeSpan.FromMinutes(59));
        Assert.Empty(await NamesAsync(stage));

        cluster.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([AlertNames.KeyVaultUnreachable], await NamesAsync(stage));
        cluster.KeyVaultTraffic.Heal(stage.Host);
        Assert.Empty(await NamesAsync(stage));
        Assert.Equal(["RaiseAlert KeyVaultUnreachable", "ResolveAlert KeyVaultUnreachable"], await LoggedAsync(stage));
    }

    [Fact]
    [Trait("Requirement", "R64")]
    public async Task Alert_OldVersionDisabledDuringAPass_SaysThatTheRotationIsBlocked()
    {
        using var stage = await RotationStage.CreateAsync(cluster);
        await stage.ProtectAsync("a");
        var v1 = await stage.CurrentAsync();
        await stage.NewVersionAsync();
        cluster.Store.Inject(
            new Storage.Fault.First(() => stage.EnableAsync(v1, false)),
            Storage.BlobCalls.Put,
            names: name => name.Contains($"record-vault/{stage.Vault.VaultId}", StringComparison.Ordinal)
        );
        await Assert.ThrowsAsync<VaultException>(() => VaultClient.SyncAsync(stage.Vault));

        var alert = Assert.Single(await stage.Vault.Vault.ListAlertsAsync());
        Assert.Equal((AlertNames.RotationBlocked, v1.ToString()), (alert.Name, alert.Subject));
        var row = (await stage.Vault.Vault.GetChecklistAsync(null)).Single(e => e.Name == AlertNames.RotationBlocked);
        Assert.Equal((false, ErrorCodes.RotationBlocked), (row.Met, row.Code));

        await stage.EnableAsync(v1, true);
        Assert.True((await VaultClient.SyncAsync(stage.Vault)).Done);
        Assert.Empty(await NamesAsync(stage));
    }

    /// <summary>Warning, expiry, renewal: the whole way of a key that ages.</summary>
    [Fact]
    [Trait("Requirement", "R35")]
    [Trait("Requirement", "R39")]
    [Trait("Requirement", "R64")]
    public async Task Key_ThatExpires_WarnsThenStopsBackupsOnly_AndIsHealedByItsNextVersion()
    {
        using var stage = await RotationStage.CreateAsync(cluster);
        var v1 = await stage.CurrentAsync();
        var expiresOn = cluster.Time.GetUtcNow().AddDays(31);
        await stage.KeyVault.UpdateKeyAsync(v1.Name, v1.Version, new KeyUpdate { ExpiresOn = expiresOn });
        await stage.ProtectAsync("a");
        Assert.Empty(await NamesAsync(stage));
        Assert.Empty((await stage.BackUpAsync("a")).Outcome.Warnings);

        cluster.Time.Advance(TimeSpan.FromDays(2));
        var warned = (await stage.BackUpAsync("a")).Outcome;
        Assert.Equal((JobStatus.Completed, ErrorCodes.KeyExpiresSoon), (warned.Status, Assert.Single(warned.Warnings).Code));
        var job = await stage.Vault.Jobs.GetAsync(warned.JobId);
        Assert.Equal((JobStatus.Completed, ErrorCodes.KeyExpiresSoon), (job.Status, Assert.Single(job.ErrorDetails).Code));
        Assert.Equal((JobTasks.Commit, JobTaskStatus.Completed), (job.Tasks[^1].TaskId, job.Tasks[^1].Status));
        Assert.Equal([AlertNames.KeyExpiring], (await stage.Vault.Vault.GetAsync()).Alerts.Select(a => a.Name));
        var listed = (await stage.Vault.Vault.GetChecklistAsync(null)).Single(e => e.Name == "Key expiry");
        Assert.Equal((false, ErrorCodes.KeyExpiresSoon), (listed.Met, listed.Code));

        cluster.Time.Advance(TimeSpan.FromDays(30));
        var refused = await Assert.ThrowsAsync<VaultException>(() => stage.BackUpAsync("a"));
        Assert.Equal(ErrorCodes.UserErrorCMKKeyExpired, refused.Code);
        Assert.Contains("Rotate the key", refused.Recommendation, StringComparison.Ordinal);
        await stage.RequireRestorableAsync("a");
        var denied = Assert.Single(await stage.Vault.Vault.ListAlertsAsync());
        Assert.Equal((AlertNames.KeyDenied, ErrorCodes.UserErrorCMKKeyExpired), (denied.Name, denied.Code));

        await stage.NewVersionAsync();
        cluster.Time.Advance(RecoveryVault.Rotation.PollRules.Period);
        Assert.Empty((await stage.BackUpAsync("a")).Outcome.Warnings);
        await stage.RequireRestorableAsync("a");
        Assert.Empty(await NamesAsync(stage));
        Assert.Equal(
            ["RaiseAlert KeyExpiring", "ResolveAlert KeyExpiring", "RaiseAlert KeyDenied", "ResolveAlert KeyDenied"],
            await LoggedAsync(stage)
        );
    }
}
