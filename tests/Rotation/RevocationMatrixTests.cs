using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Reclaim;
using RecoveryVault.Restores;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Style;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Rotation;

/// <summary>
/// Every way a customer takes a key away while items are in use: what has to stop stops in time, says why and what to do, nothing is
/// destroyed, and when the key is given back everything works without anybody's doing anything here.
/// </summary>
[Collection(VaultClusterCollection.Name)]
public sealed class RevocationMatrixTests(VaultCluster cluster)
{
    public enum Way
    {
        Disabled,
        Deleted,
        PermissionRemoved,
        Expired,
        IdentityDeleted,
    }

    /// <param name="Code">The refusal of what needs the key unwrapping; "" when that goes on.</param>
    /// <param name="BackupCode">The refusal of a new backup.</param>
    /// <param name="Bound">When the last session has ended: from the first denial, or from the last agreement where nobody denies.</param>
    private sealed record Expected(string Code, string BackupCode, TimeSpan Bound);

    private static Expected ExpectedOf(Way way) =>
        way switch
        {
            Way.Disabled => Denied(ErrorCodes.UserErrorCMKKeyDisabled),
            Way.Deleted => Denied(ErrorCodes.UserErrorCMKKeyVaultAuthFailure),
            Way.PermissionRemoved => Denied(ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault),
            Way.Expired => new("", ErrorCodes.UserErrorCMKKeyExpired, TimeSpan.FromSeconds(60)),
            // No token can be had: that is not the key vault's word, so what it said last counts for its time.
            _ => new(ErrorCodes.KeyVaultUnreachable, ErrorCodes.KeyVaultUnreachable, DekCache.TimeToLive),
        };

    private static Expected Denied(string code) => new(code, code, TimeSpan.FromSeconds(60));

    private async Task RevokeAsync(RotationStage stage, Way way, KeyId key)
    {
        await (
            way switch
            {
                Way.Disabled => stage.EnableAsync(key, false),
                Way.Deleted => stage.KeyVault.DeleteKeyAsync(key.Name),
                Way.PermissionRemoved => stage.AllowAsync(),
                Way.Expired => stage.KeyVault.UpdateKeyAsync(key.Name, key.Version, new() { ExpiresOn = cluster.Time.GetUtcNow() }),
                _ => stage.IdentityExistsAsync(false),
            }
        );
    }

    private async Task RestoreAccessAsync(RotationStage stage, Way way, KeyId key)
    {
        switch (way)
        {
            case Way.Disabled:
                await stage.EnableAsync(key, true);
                break;
            case Way.Deleted:
                await stage.KeyVault.RecoverDeletedKeyAsync(key.Name);
                break;
            case Way.PermissionRemoved:
                await stage.AllowAsync(KeyedItem.AllPermissions);
                break;
            case Way.Expired:
                await stage.KeyVault.UpdateKeyAsync(key.Name, key.Version, new() { ExpiresOn = cluster.Time.GetUtcNow().AddYears(1) });
                break;
            default:
                // The same name is another principal: it is given to the vault and to the key vault like any new one.
                var before = stage.Identity?.PrincipalId;
                await stage.IdentityExistsAsync(true);
                Assert.NotEqual(before, stage.Identity?.PrincipalId);
                await stage.AllowAsync(KeyedItem.AllPermissions);
                await stage.AssignIdentityAsync();
                break;
        }
    }

    [Theory]
    [Trait("Requirement", "R64")]
    [Trait("Requirement", "R39")]
    [Trait("Requirement", "R23")]
    [InlineData(Way.Disabled)]
    [InlineData(Way.Deleted)]
    [InlineData(Way.PermissionRemoved)]
    [InlineData(Way.Expired)]
    [InlineData(Way.IdentityDeleted)]
    public async Task Revoked_WhileItemsAreHot_StopsInTime_DestroysNothing_AndHeals(Way way)
    {
        using var stage = await RotationStage.CreateAsync(cluster, userAssigned: way == Way.IdentityDeleted);
        await stage.ProtectAsync("other");
        await stage.BackUpAsync("other");
        var (hot, key, expected) = (await OpenAsync(stage, (int)TestScale.Iterations(3)), await stage.CurrentAsync(), ExpectedOf(way));
        string[] names = ["other", .. hot.Select(h => h.Name)];
        var (before, keys) = (await SettingsAsync(stage), await stage.KeyVault.ListVersionsAsync(key.Name));
        await RevokeAsync(stage, way, key);

        Assert.Equal(expected.BackupCode, await HotItem.CodeOfAsync(() => stage.BackUpAsync("other")));
        await LiveAsync(hot, expected.Bound);

        var stored = await stage.DataOfAsync(names);
        foreach (var item in hot)
            Assert.Equal((expected.Code, expected.Code), (await item.ReadAsync(), await item.WriteAsync()));
        await RequireJobsAsync(stage, expected);
        var after = await stage.DataOfAsync(names);
        Assert.Equal(stored, after.Where(blob => stored.ContainsKey(blob.Key)));
        Assert.True(expected.Code == "" || stored.Count == after.Count);
        Assert.Equal(before, await SettingsAsync(stage));

        await RestoreAccessAsync(stage, way, key);
        foreach (var item in hot)
            await item.AbandonAsync();
        foreach (var name in names)
        {
            await stage.RequireRestorableAsync(name);
            await stage.BackUpAsync(name);
        }
        Assert.Equal(
            keys.Select(k => (k.Id, k.Enabled)),
            (await stage.KeyVault.ListVersionsAsync(key.Name)).Select(k => (k.Id, k.Enabled))
        );
    }

    private async Task<IReadOnlyList<HotItem>> OpenAsync(RotationStage stage, int count)
    {
        List<HotItem> hot = [];
        for (var i = 0; i < count; i++)
        {
            await stage.ProtectAsync($"i{i}");
            await stage.BackUpAsync($"i{i}");
            hot.Add(await HotItem.OpenAsync(cluster, stage, $"i{i}"));
            Assert.Equal(("", ""), (await hot[^1].ReadAsync(), await hot[^1].WriteAsync()));
        }
        return hot;
    }

    /// <summary>The sessions are used all the time, or their clients would be taken for dead.</summary>
    private async Task LiveAsync(IReadOnlyList<HotItem> hot, TimeSpan time)
    {
        for (var gone = TimeSpan.Zero; gone < time; gone += TimeSpan.FromSeconds(20))
        {
            cluster.Time.Advance(TimeSpan.FromSeconds(20));
            foreach (var item in hot)
                await item.AskAsync();
        }
    }

    /// <summary>Whatever may be refused ends in a failed job of its own with the code and the way back.</summary>
    private async Task RequireJobsAsync(RotationStage stage, Expected expected)
    {
        var item = await stage.OpenAsync("other");
        (string Operation, string Code, Func<Task> Call)[] all =
        [
            (JobOperations.Backup, expected.BackupCode, () => stage.BackUpAsync("other")),
            (JobOperations.Restore, expected.Code, () => stage.RequireRestorableAsync("other")),
            (JobOperations.Verify, expected.Code, () => cluster.Client.VerifyAsync(item, new VerifyOptions())),
            (JobOperations.ReclaimSpace, expected.Code, () => ReclaimAsync(stage)),
        ];
        foreach (var (operation, code, call) in all)
        {
            cluster.Time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Equal((operation, code), (operation, await HotItem.CodeOfAsync(call)));
            var job = (await stage.Vault.Jobs.ListAsync(new JobQuery(null, operation, new PageRequest(null)))).Items[0];
            if (code == "")
                Assert.Equal(JobStatus.Completed, job.Status);
            else
                Assert.Equal((JobStatus.Failed, code), (job.Status, job.ErrorDetails[0].Code));
            Assert.All(job.ErrorDetails, error => Assert.NotEmpty(error.Recommendation));
        }
    }

    private static async Task ReclaimAsync(RotationStage stage)
    {
        var (_, outcome) = await VaultClient.ReclaimAsync(await stage.OpenAsync("other"), new ReclaimOptions());
        if (outcome.Error is { } error)
            throw new VaultException(error.Code, error.Message, error.Recommendation);
    }

    private static async Task<EncryptionSummary> SettingsAsync(RotationStage stage) =>
        await stage.Vault.Vault.GetEncryptionAsync() with
        {
            LastPolledAt = null,
        };
}
