using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Cluster;

/// <summary>Assigning a customer-managed key through a client of a cluster.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class CustomerManagedKeyTests(VaultCluster cluster)
{
    [Fact]
    [Trait("Requirement", "R43")]
    [Trait("Requirement", "R44")]
    [Trait("Requirement", "R45")]
    public async Task R43_R44_R45_Assign_IsShownWithJobAndLogEntry()
    {
        var stage = await VaultStage.CreateAsync(cluster);

        var assigned = await stage.AssignKeyAsync();

        var shown = await stage.Vault.Vault.GetEncryptionAsync();
        Assert.Equal(EncryptionTypes.CustomerManaged, shown.EncryptionAtRestType);
        Assert.Equal((stage.KeyUri, "Succeeded", "Disabled"), (shown.KeyUri, shown.LastUpdateStatus, shown.InfrastructureEncryptionState));
        var job = Assert.Single(await stage.JobsAsync(operation: JobOperations.UpdateCustomerManagedKey));
        Assert.Equal((assigned.JobId, JobStatus.Completed, "tester@here"), (job.JobId, job.Status, job.Caller));
        var entry = (await stage.LogAsync())[0];
        Assert.Equal(("UpdateEncryption", "Succeeded", "tester@here"), (entry.Operation, entry.Status, entry.Caller));
        Assert.Equal(job.JobId, entry.CorrelationId);
        Assert.Equal("platform:1", entry.Details["oldKeyId"]);
        Assert.EndsWith(shown.KeyVersion!, entry.Details["newKeyId"], StringComparison.Ordinal);
        Assert.Null((await stage.Vault.Activity.VerifyAsync(1)).Fault);
    }

    [Fact]
    [Trait("Requirement", "R46")]
    public async Task R46_RefusedAssignment_ChangesTheStatusOnlyAndFailsItsJob()
    {
        var stage = await VaultStage.CreateAsync(cluster);
        await stage.AssignKeyAsync();
        var before = await stage.Vault.Vault.GetEncryptionAsync();

        cluster.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(ErrorCodes.UserErrorCMKKeyVaultAuthFailure, await stage.CodeOfAssignAsync(stage.KeyUri + "-none"));

        Assert.Equal(before with { LastUpdateStatus = "Failed" }, await stage.Vault.Vault.GetEncryptionAsync());
        var job = (await stage.JobsAsync())[0];
        Assert.Equal(JobStatus.Failed, job.Status);
        Assert.Equal(ErrorCodes.UserErrorCMKKeyVaultAuthFailure, Assert.Single(job.ErrorDetails).Code);
        Assert.NotEmpty(job.ErrorDetails[0].Recommendation);
        var entry = (await stage.LogAsync())[0];
        Assert.Equal(("UpdateEncryption", "Failed", job.JobId), (entry.Operation, entry.Status, entry.CorrelationId));
        await stage.AssignKeyAsync();
        Assert.Equal("Succeeded", (await stage.Vault.Vault.GetEncryptionAsync()).LastUpdateStatus);
    }

    [Fact]
    [Trait("Requirement", "R47")]
    public async Task R47_SameKeyAgain_ChangesNothingAndIsRecorded()
    {
        var stage = await VaultStage.CreateAsync(cluster);
        await stage.AssignKeyAsync();
        var before = await stage.Vault.Vault.GetEncryptionAsync();

        await stage.AssignKeyAsync();
        var request = stage.Update();
        var third = await stage.Vault.Vault.UpdateEncryptionAsync(request);
        var repeated = await stage.Vault.Vault.UpdateEncryptionAsync(request);

        Assert.Equal(third.JobId, repeated.JobId);
        Assert.Equal(before with { LastPolledAt = null }, await stage.Vault.Vault.GetEncryptionAsync() with { LastPolledAt = null });
        Assert.Equal(3, (await stage.JobsAsync(JobStatus.Completed, JobOperations.UpdateCustomerManagedKey)).Count);
        Assert.Equal(3, (await stage.LogAsync()).Count(e => e.Operation == "UpdateEncryption"));
        Assert.Single(await stage.Vault.Vault.ListKeyVersionsAsync(), v => v.KeyVersion == before.KeyVersion);
    }

    [Fact]
    [Trait("Requirement", "R17")]
    [Trait("Requirement", "R20")]
    [Trait("Requirement", "R15")]
    public async Task R17_StepByStep_EachMissingStepIsTheNextRefusal()
    {
        var stage = await VaultStage.CreateAsync(cluster, isReady: false);
        Assert.Equal(ErrorCodes.UserErrorCMKInvalidKeyUri, await stage.CodeOfAssignAsync("https://kv/secrets/x"));
        Assert.Empty(await stage.JobsAsync());
        Assert.Equal(ErrorCodes.UserErrorCMKVaultIdentityMissing, await stage.CodeOfAssignAsync());

        await stage.AssignIdentityAsync();
        Assert.Equal(ErrorCodes.UserErrorCMKKeyVaultAuthFailure, await stage.CodeOfAssignAsync());

        await stage.CreateKeyVaultAsync(softDelete: false, purgeProtection: false, location: "eastus");
        Assert.Equal(ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault, await stage.CodeOfAssignAsync());

        await stage.AllowAsync("get", "list", "wrapKey", "unwrapKey");
        Assert.Equal(ErrorCodes.UserErrorCMKSoftDeleteNotEnabledOnKeyVault, await stage.CodeOfAssignAsync());

        await cluster.KeyVaults.UpdateAsync(stage.KeyVault, new() { EnableSoftDelete = true });
        Assert.Equal(ErrorCodes.UserErrorCMKPurgeProtectionNotEnabledOnKeyVault, await stage.CodeOfAssignAsync());

        await cluster.KeyVaults.UpdateAsync(stage.KeyVault, new() { EnablePurgeProtection = true });
        Assert.Equal(ErrorCodes.UserErrorCMKKeyVaultRegionMismatch, await stage.CodeOfAssignAsync());
        var unmet = Assert.Single(await stage.Vault.Vault.GetChecklistAsync(stage.KeyUri), e => e.Met != true);
        Assert.Equal(ErrorCodes.UserErrorCMKKeyVaultRegionMismatch, unmet.Code);
        Assert.Equal(EncryptionTypes.MicrosoftManaged, (await stage.Vault.Vault.GetEncryptionAsync()).EncryptionAtRestType);
    }

    [Theory]
    [Trait("Requirement", "R30")]
    [InlineData("get")]
    [InlineData("list")]
    [InlineData("wrapKey")]
    [InlineData("unwrapKey")]
    public async Task R30_EachPermissionMissingAlone_IsRefused(string missing)
    {
        var stage = await VaultStage.CreateAsync(cluster);
        string[] all = ["get", "list", "wrapKey", "unwrapKey"];
        await stage.AllowAsync([.. all.Where(p => p != missing)]);

        Assert.Equal(ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault, await stage.CodeOfAssignAsync());

        var pinned = $"{stage.KeyUri}/{(await stage.KeyOwner.ListVersionsAsync("kek"))[0].Id.Version}";
        Assert.Equal(
            missing == "list" ? null : ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault,
            await stage.CodeOfAssignAsync(pinned)
        );
    }

    [Fact]
    [Trait("Requirement", "R34")]
    public async Task R34_EllipticCurveKey_IsRefused()
    {
        var stage = await VaultStage.CreateAsync(cluster, isReady: false);
        await stage.AssignIdentityAsync();
        await stage.CreateKeyVaultAsync(kty: "EC");
        await stage.AllowAsync("get", "list", "wrapKey", "unwrapKey");

        Assert.Equal(ErrorCodes.UserErrorCMKKeyTypeNotSupported, await stage.CodeOfAssignAsync());
    }

    [Fact]
    [Trait("Requirement", "R35")]
    public async Task R35_DisabledExpiredOrEarlyKey_IsRefused()
    {
        var stage = await VaultStage.CreateAsync(cluster);
        var now = cluster.Time.GetUtcNow();
        await stage.KeyOwner.CreateKeyAsync("off", new() { Kty = "RSA", Enabled = false });
        await stage.KeyOwner.CreateKeyAsync("old", new() { Kty = "RSA", ExpiresOn = now.AddHours(-1) });
        await stage.KeyOwner.CreateKeyAsync("early", new() { Kty = "RSA", NotBefore = now.AddHours(1) });
        string Uri(string key) => $"https://{stage.KeyVault}.vault.localhost/keys/{key}";

        Assert.Equal(ErrorCodes.UserErrorCMKKeyDisabled, await stage.CodeOfAssignAsync(Uri("off")));
        Assert.Equal(ErrorCodes.UserErrorCMKKeyExpired, await stage.CodeOfAssignAsync(Uri("old")));
        Assert.Equal(ErrorCodes.UserErrorCMKKeyNotYetValid, await stage.CodeOfAssignAsync(Uri("early")));
    }

    [Fact]
    [Trait("Requirement", "R10")]
    [Trait("Requirement", "R11")]
    [Trait("Requirement", "R12")]
    public async Task R10_R11_R12_FailedAttemptThenItem_BarTheKeyAndPlatformKeysGoOn()
    {
        var stage = await VaultStage.CreateAsync(cluster);
        var ticket = await stage.Vault.Vault.AttemptProtectionAsync(new AttemptProtection(Guid.NewGuid(), "gone"));
        await stage.Vault.Vault.FailProtectionAsync(new FailProtection(ticket, "gone", ErrorCodes.SourceNotFound, "Not there."));

        Assert.Equal(0, (await stage.Vault.Vault.GetAsync()).ItemCount);
        Assert.Equal(ErrorCodes.UserErrorCMKProtectionAttempted, await stage.CodeOfAssignAsync());
        Assert.Equal(JobStatus.Failed, Assert.Single(await stage.JobsAsync(operation: JobOperations.ConfigureBackup)).Status);

        var item = await stage.ProtectAsync("docs");
        var shown = await cluster.Client.OpenItem(new(stage.Vault.VaultId, item)).GetAsync();
        Assert.Equal("platform", shown.KeyVersion);
        Assert.Equal(ErrorCodes.UserErrorCMKVaultHasProtectedItems, await stage.CodeOfAssignAsync());
    }

    [Fact]
    [Trait("Requirement", "R11")]
    public async Task R11_RequestsRefusedBeforeTheVault_DoNotCount()
    {
        var stage = await VaultStage.CreateAsync(cluster);
        foreach (var name in new[] { "", "a/b", "é", new string('x', 129), "a b" })
            Assert.Equal(
                ErrorCodes.InvalidName,
                await VaultStage.CodeOfAsync(() => stage.Vault.Vault.AttemptProtectionAsync(new AttemptProtection(Guid.NewGuid(), name)))
            );

        Assert.Null((await stage.Vault.Vault.GetAsync()).ProtectionAttemptedAt);
        Assert.Empty(await stage.JobsAsync());
        Assert.Null(await stage.CodeOfAssignAsync());
    }

    [Fact]
    [Trait("Requirement", "R13")]
    public async Task R13_CustomerManagedVault_StaysSo()
    {
        var stage = await VaultStage.CreateAsync(cluster);
        await stage.AssignKeyAsync();
        var back = stage.Update() with { EncryptionAtRestType = EncryptionTypes.MicrosoftManaged };

        Assert.Equal(
            ErrorCodes.UserErrorCMKCannotRevertToPMK,
            await VaultStage.CodeOfAsync(() => stage.Vault.Vault.UpdateEncryptionAsync(back))
        );
        Assert.Equal(
            ErrorCodes.UserErrorCMKIdentityInUse,
            await VaultStage.CodeOfAsync(() => stage.Vault.Vault.RemoveIdentityAsync(new ChangeIdentity(Guid.NewGuid())))
        );
        Assert.Equal(
            ErrorCodes.UserErrorCMKVaultMoveNotSupported,
            await VaultStage.CodeOfAsync(() => stage.Vault.Vault.MoveAsync(new MoveVault(Guid.NewGuid(), "rg", null)))
        );
    }
}
