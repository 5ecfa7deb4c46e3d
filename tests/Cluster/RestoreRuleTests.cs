using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Reclaim;
using RecoveryVault.Restores;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Cluster;

/// <summary>What a restore needs of the key, and what goes on without it.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class RestoreRuleTests(VaultCluster cluster)
{
    private const string NoPermission = ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault;

    [Theory]
    [Trait("Requirement", "R7A")]
    [InlineData("wrapKey", null)]
    [InlineData("unwrapKey", NoPermission)]
    public async Task R7A_PermissionWithdrawn_BackupsStop_AndRestoresGoByUnwrapAlone(string withdrawn, string? ofRestores)
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        await item.BackUpAsync();
        await item.Stage.AllowAsync([.. KeyedItem.AllPermissions.Where(p => p != withdrawn)]);
        item.ForgetKeys();

        Assert.Equal(ofRestores, await VaultStage.CodeOfAsync(item.RestoreAsync));
        Assert.Equal(NoPermission, await VaultStage.CodeOfAsync(item.BackUpAsync));
        Assert.Equal(ofRestores, await VaultStage.CodeOfAsync(item.RestoreAsync));

        await item.Stage.AllowAsync(KeyedItem.AllPermissions);
        await item.BackUpAsync();
        await item.RestoreAsync();
    }

    [Fact]
    [Trait("Requirement", "R7B")]
    public async Task R7B_RecoveryPointOfAnOlderVersion_RestoresWhileTheVersionItNamesIsEnabled()
    {
        using var item = await KeyedItem.CreateAsync(cluster, isPinned: true);
        var point = (await item.BackUpAsync()).Outcome.RecoveryPoint;
        var pinned = Assert.Single(await item.Stage.KeyOwner.ListVersionsAsync("kek")).Id.Version;
        await item.Stage.KeyOwner.CreateKeyAsync("kek", new() { Kty = "RSA" });
        item.ForgetKeys();
        Assert.Equal(pinned, (await item.Grain.GetRecoveryPointAsync(point.Name)).KeyVersion);
        await item.RestoreAsync();

        await item.Stage.KeyOwner.UpdateKeyAsync("kek", pinned, new() { Enabled = false });
        item.ForgetKeys();
        Assert.Equal(ErrorCodes.UserErrorCMKKeyDisabled, await VaultStage.CodeOfAsync(item.RestoreAsync));

        await item.Stage.KeyOwner.UpdateKeyAsync("kek", pinned, new() { Enabled = true });
        await item.RestoreAsync();
    }

    [Fact]
    [Trait("Requirement", "R70")]
    public async Task R70_PlatformManagedVault_RestoresWithoutKeyVaultAndIdentity()
    {
        using var item = await KeyedItem.CreateAsync(cluster, hasKey: false);

        var point = (await item.BackUpAsync()).Outcome.RecoveryPoint;
        item.ForgetKeys();
        await item.RestoreAsync();

        Assert.Equal("platform", point.KeyVersion);
        Assert.Equal(IdentityTypes.None, (await item.Stage.Vault.Vault.GetAsync()).Identity.Type);
        Assert.Equal(["platform"], (await item.Stage.Vault.Vault.ListKeyVersionsAsync()).Select(v => v.KeyVersion));
    }

    [Fact]
    [Trait("Requirement", "R78")]
    public async Task R78_RestoredFiles_ArePlainFiles_WhateverBecomesOfTheVaultsKey()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        await item.BackUpAsync();
        var restored = await item.RestoreAsync();

        await item.EnableKeyAsync(false);
        item.ForgetKeys();

        Assert.Equal(ErrorCodes.UserErrorCMKKeyDisabled, await VaultStage.CodeOfAsync(item.RestoreAsync));
        Assert.Equal("Dear Anna"u8.ToArray(), await File.ReadAllBytesAsync(restored));
    }

    [Theory]
    [Trait("Requirement", "R64")]
    [Trait("Requirement", "R23")]
    [InlineData(true, ErrorCodes.UserErrorCMKKeyDisabled)]
    [InlineData(false, NoPermission)]
    public async Task R23_R64_AccessRevoked_EveryJobFailsWithTheCode_AndNothingIsLost(bool isKeyDisabled, string code)
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        await item.BackUpAsync();
        var stored = await item.StoredAsync();
        await (isKeyDisabled ? item.EnableKeyAsync(false) : item.Stage.AllowAsync());
        item.ForgetKeys();

        (string Operation, Func<Task> Call)[] all =
        [
            (JobOperations.Backup, item.BackUpAsync),
            (JobOperations.Restore, item.RestoreAsync),
            (JobOperations.Verify, () => cluster.Client.VerifyAsync(item.Grain, new VerifyOptions())),
            (JobOperations.ReclaimSpace, () => item.Grain.BeginReclaimAsync(new BeginReclaim(Guid.NewGuid()))),
        ];
        foreach (var (operation, call) in all)
        {
            cluster.Time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Equal(code, await VaultStage.CodeOfAsync(call));
            var job = (await item.Stage.JobsAsync(operation: operation))[0];
            Assert.Equal((JobStatus.Failed, code), (job.Status, job.ErrorDetails[0].Code));
            Assert.NotEmpty(job.ErrorDetails[0].Recommendation);
        }

        Assert.Equal(stored, await item.StoredAsync());
        await (isKeyDisabled ? item.EnableKeyAsync(true) : item.Stage.AllowAsync(KeyedItem.AllPermissions));
        await item.RestoreAsync();
        foreach (var (_, call) in all)
            Assert.Null(await VaultStage.CodeOfAsync(call));
    }

    [Fact]
    [Trait("Requirement", "R16")]
    public async Task R16_EitherKindOfKey_HasTheSameCallsAndJobs()
    {
        var platform = await LiveAsync(hasKey: false);

        Assert.Equal(platform, await LiveAsync(hasKey: true));
        Assert.Equal(6, platform.Count);
    }

    private async Task<IReadOnlyList<(string, JobStatus)>> LiveAsync(bool hasKey)
    {
        using var item = await KeyedItem.CreateAsync(cluster, hasKey);
        var first = (await item.BackUpAsync()).Outcome.RecoveryPoint;
        await item.BackUpAsync();
        await item.RestoreAsync();
        await item.Grain.DeleteRecoveryPointAsync(new DeleteRecoveryPoint(Guid.NewGuid(), first.Name));
        await item.Grain.DisableAsync(new DisableProtection(Guid.NewGuid(), ""));
        var jobs = await item.Stage.JobsAsync();
        return
        [
            .. jobs.Where(j => j.Operation != JobOperations.UpdateCustomerManagedKey)
                .Select(j => (j.Operation, j.Status))
                .OrderBy(j => j.Operation, StringComparer.Ordinal),
        ];
    }
}
