using RecoveryVault.Errors;
using RecoveryVault.Keys.Local;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Cluster;

/// <summary>A vault's key exchanged for one in another key vault, and vaults that end or move.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class KeyVaultChangeTests(VaultCluster cluster)
{
    /// <summary>The URI of a key in a key vault that <paramref name="item"/> has not used.</summary>
    private async Task<string> CreateOtherAsync(
        KeyedItem item,
        string location = "westeurope",
        bool softDelete = true,
        bool purgeProtection = true,
        params string[] permissions
    )
    {
        var name = VaultStage.NewName("other-kv");
        await cluster.KeyVaults.CreateAsync(
            new()
            {
                Name = name,
                Location = location,
                EnableSoftDelete = softDelete,
                EnablePurgeProtection = purgeProtection,
            }
        );
        await cluster.KeyVaults.Open(LocalKeyVaults.HostOf(name), KeyVaultCaller.Owner).CreateKeyAsync("kek", new() { Kty = "RSA" });
        var principal = (await item.Stage.Vault.Vault.GetAsync()).Identity.PrincipalId ?? "";
        await cluster.KeyVaults.SetPolicyAsync(name, principal, permissions);
        return $"https://{LocalKeyVaults.HostOf(name)}/keys/kek";
    }

    [Theory]
    [Trait("Requirement", "R38")]
    [InlineData("westeurope", false, false, "unwrapKey", ErrorCodes.UserErrorCMKSoftDeleteNotEnabledOnKeyVault)]
    [InlineData("westeurope", true, false, "unwrapKey", ErrorCodes.UserErrorCMKPurgeProtectionNotEnabledOnKeyVault)]
    [InlineData("eastus", true, true, "unwrapKey", ErrorCodes.UserErrorCMKKeyVaultRegionMismatch)]
    [InlineData("westeurope", true, true, "get", ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault)]
    public async Task R38_OtherKeyVaultThatLacksSomething_IsRefusedAndTheOldKeyStays(
        string location,
        bool softDelete,
        bool purgeProtection,
        string last,
        string code
    )
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        var before = await item.Stage.Vault.Vault.GetEncryptionAsync();
        var other = await CreateOtherAsync(item, location, softDelete, purgeProtection, "get", "list", "wrapKey", last);

        Assert.Equal(code, await item.Stage.CodeOfAssignAsync(other));

        Assert.Equal(before with { LastUpdateStatus = "Failed" }, await item.Stage.Vault.Vault.GetEncryptionAsync());
        await item.BackUpAsync();
    }

    [Fact]
    [Trait("Requirement", "R38")]
    [Trait("Requirement", "R14")]
    public async Task R38_OtherKeyVault_NeedsTheOldKeyOnceMore_AndThenNeverAgain()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        await item.BackUpAsync();
        var before = await item.Stage.Vault.Vault.GetEncryptionAsync();
        var other = await CreateOtherAsync(item, permissions: KeyedItem.AllPermissions);
        await item.EnableKeyAsync(false);

        Assert.Equal(ErrorCodes.UserErrorCMKKeyDisabled, await item.Stage.CodeOfAssignAsync(other));
        Assert.Equal(before with { LastUpdateStatus = "Failed" }, await item.Stage.Vault.Vault.GetEncryptionAsync());

        await item.EnableKeyAsync(true);
        var changed = await VaultClient.UpdateEncryptionAsync(item.Stage.Vault, item.Stage.Update(other));
        Assert.Equal((other, (string?)null), (changed.KeyUri, changed.PreviousKeyVersion));
        await item.EnableKeyAsync(false);
        item.ForgetKeys();
        await item.RestoreAsync();
        await item.BackUpAsync();
    }

    [Fact]
    [Trait("Requirement", "R65")]
    public async Task R65_VaultWhoseKeyIsGone_CanBeDeletedWithoutItemsOnly()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        await item.EnableKeyAsync(false);
        var delete = new DeleteVault(Guid.NewGuid(), "no longer used");
        Assert.Equal(ErrorCodes.VaultNotEmpty, await VaultStage.CodeOfAsync(() => item.Stage.Vault.Vault.DeleteAsync(delete)));
        Assert.Equal(1, (await item.Stage.Vault.Vault.GetAsync()).ItemCount);

        var empty = await VaultStage.CreateAsync(cluster);
        await empty.AssignKeyAsync();
        await cluster.KeyVaults.SetPolicyAsync(empty.KeyVault, (await empty.Vault.Vault.GetAsync()).Identity.PrincipalId ?? "", []);
        await empty.Vault.Vault.DeleteAsync(delete);
        Assert.Equal(ErrorCodes.VaultNotFound, await VaultStage.CodeOfAsync(() => cluster.Client.FindVaultAsync(empty.Name)));
    }

    [Fact]
    [Trait("Requirement", "R62")]
    public async Task R62_Move_IsForVaultsWithPlatformManagedKeysOnly()
    {
        var stage = await VaultStage.CreateAsync(cluster);
        var moved = await stage.Vault.Vault.MoveAsync(new MoveVault(Guid.NewGuid(), "archive", "sub-2"));
        Assert.Equal(("archive", "sub-2"), (moved.ResourceGroup, moved.SubscriptionId));
        await stage.AssignKeyAsync();

        foreach (var move in (MoveVault[])[new(Guid.NewGuid(), "other", null), new(Guid.NewGuid(), null, "other")])
            Assert.Equal(
                ErrorCodes.UserErrorCMKVaultMoveNotSupported,
                await VaultStage.CodeOfAsync(() => stage.Vault.Vault.MoveAsync(move))
            );

        var after = await stage.Vault.Vault.GetAsync();
        Assert.Equal(("archive", "sub-2"), (after.ResourceGroup, after.SubscriptionId));
    }
}
