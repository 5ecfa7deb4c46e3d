using RecoveryVault.Alerts;
using RecoveryVault.Errors;
using RecoveryVault.Keys.Local;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Cluster;

/// <summary>A vault with its key goes to another tenant, identity and key vault after it.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class TenantMoveTests(VaultCluster cluster)
{
    private const string Tenant = "99999999-8888-7777-6666-555555555555";

    private static Task<VaultSummary> MoveAsync(KeyedItem item, string? tenant, string? group = null) =>
        item.Stage.Vault.Vault.MoveAsync(new MoveVault(Guid.NewGuid(), group, null, tenant));

    private static Task<string?> CodeOfAsync(Func<Task> call) => VaultStage.CodeOfAsync(call);

    [Fact]
    [Trait("Requirement", "R63")]
    [Trait("Requirement", "R62")]
    public async Task Move_WrongTenantOrMoreThanTheTenant_IsRefusedAndChangesNothing()
    {
        using var item = await KeyedItem.CreateAsync(cluster);

        Assert.Equal(ErrorCodes.InvalidRequest, await CodeOfAsync(() => MoveAsync(item, "contoso")));
        Assert.Equal(ErrorCodes.UserErrorCMKVaultMoveNotSupported, await CodeOfAsync(() => MoveAsync(item, Tenant, "archive")));
        Assert.Equal(ErrorCodes.UserErrorCMKVaultMoveNotSupported, await CodeOfAsync(() => MoveAsync(item, null)));
        await item.BackUpAsync();
    }

    [Fact]
    [Trait("Requirement", "R63")]
    public async Task Move_ToAnotherTenant_FailsJobsUntilIdentityAndKeyAreOfIt_AndLosesNothing()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        var (stage, vault) = (item.Stage, item.Stage.Vault.Vault);
        await item.BackUpAsync();
        var before = (await vault.GetAsync()).Identity;

        Assert.Equal(Tenant, (await MoveAsync(item, Tenant)).TenantId);

        // The identity stayed behind.
        await RequireClosedAsync(item);
        var left = (await vault.GetAsync()).Identity;
        Assert.Equal((before.PrincipalId, before.TenantId), (left.PrincipalId, left.TenantId));
        var alert = Assert.Single(await vault.ListAlertsAsync());
        Assert.Equal((AlertNames.KeyDenied, ErrorCodes.UserErrorCMKKeyVaultAuthFailure), (alert.Name, alert.Code));

        // It is made again, and the key vault is of the other tenant still.
        var principal = await stage.AssignIdentityAsync();
        Assert.NotEqual(before.PrincipalId, principal);
        Assert.Equal(Tenant, (await vault.GetAsync()).Identity.TenantId);
        await cluster.KeyVaults.SetPolicyAsync(stage.KeyVault, principal, KeyedItem.AllPermissions);
        await RequireClosedAsync(item);

        // A key of the new tenant: the old one must unwrap once, and cannot.
        var other = VaultStage.NewName("moved-kv");
        await cluster.KeyVaults.CreateAsync(
            new()
            {
                Name = other,
                Location = "westeurope",
                EnablePurgeProtection = true,
                TenantId = Tenant,
            }
        );
        await cluster.KeyVaults.Open(LocalKeyVaults.HostOf(other), KeyVaultCaller.Owner).CreateKeyAsync("kek", new() { Kty = "RSA" });
        await cluster.KeyVaults.SetPolicyAsync(other, principal, KeyedItem.AllPermissions);
        var uri = $"https://{LocalKeyVaults.HostOf(other)}/keys/kek";
        Assert.Equal(ErrorCodes.UserErrorCMKKeyVaultAuthFailure, await stage.CodeOfAssignAsync(uri));

        // The old key vault moves too: its policies are of principals that are not there, and go.
        var moved = await cluster.KeyVaults.UpdateAsync(stage.KeyVault, new KeyVaultUpdate { TenantId = Tenant });
        Assert.Equal((Tenant, 0), (moved.Properties.TenantId, moved.Properties.AccessPolicies.Count));
        Assert.Equal(ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault, await stage.CodeOfAssignAsync(uri));
        await cluster.KeyVaults.SetPolicyAsync(stage.KeyVault, principal, ["get", "unwrapKey"]);
        await VaultClient.UpdateEncryptionAsync(stage.Vault, stage.Update(uri));

        await item.EnableKeyAsync(false);
        item.ForgetKeys();
        await item.RestoreAsync();
        await item.BackUpAsync();
        Assert.Empty(await vault.ListAlertsAsync());
    }

    [Fact]
    [Trait("Requirement", "R63")]
    public async Task Move_BackHome_IsAsIfNothingHadHappened()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        var home = (await item.Stage.Vault.Vault.GetAsync()).TenantId;
        await item.BackUpAsync();
        await MoveAsync(item, Tenant);
        await RequireClosedAsync(item);

        await MoveAsync(item, home);

        await item.RestoreAsync();
        await item.BackUpAsync();
    }

    private static async Task RequireClosedAsync(KeyedItem item)
    {
        item.ForgetKeys();
        Assert.Equal(ErrorCodes.UserErrorCMKKeyVaultAuthFailure, await CodeOfAsync(() => item.BackUpAsync()));
        Assert.Equal(ErrorCodes.UserErrorCMKKeyVaultAuthFailure, await CodeOfAsync(item.RestoreAsync));
    }
}
