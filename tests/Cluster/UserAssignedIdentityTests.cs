using RecoveryVault.Errors;
using RecoveryVault.Identities;
using RecoveryVault.Keys.Local;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Cluster;

/// <summary>A customer-managed key opened with a user-assigned identity.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class UserAssignedIdentityTests(VaultCluster cluster)
{
    private static readonly string[] All = ["get", "list", "wrapKey", "unwrapKey"];

    private async Task<(VaultStage Stage, UserAssignedIdentity Identity)> CreateAsync(bool isReady = true)
    {
        var stage = await VaultStage.CreateAsync(cluster, isReady);
        var identity = await cluster.Identities.CreateAsync(VaultStage.NewName("identity"));
        await stage.Vault.Vault.AssignIdentityAsync(
            new ChangeIdentity(Guid.NewGuid()) { SystemAssigned = false, UserAssigned = [identity.Name] }
        );
        return (stage, identity);
    }

    private static Task<EncryptionSummary> AssignKeyAsync(VaultStage stage, UserAssignedIdentity identity) =>
        stage.Vault.Vault.UpdateEncryptionAsync(stage.Update() with { UserAssignedIdentity = identity.Id });

    [Fact]
    public async Task IdentityOfNobody_CannotBeAssigned()
    {
        var stage = await VaultStage.CreateAsync(cluster, isReady: false);
        var request = new ChangeIdentity(Guid.NewGuid()) { UserAssigned = ["nobody"] };

        Assert.Equal(ErrorCodes.IdentityNotFound, await VaultStage.CodeOfAsync(() => stage.Vault.Vault.AssignIdentityAsync(request)));
        Assert.Equal(IdentityTypes.None, (await stage.Vault.Vault.GetAsync()).Identity.Type);
    }

    [Fact]
    [Trait("Requirement", "R31")]
    public async Task R31_PermissionsOfTheSystemIdentity_AreNotTheUserAssignedOnes()
    {
        var (stage, identity) = await CreateAsync();

        Assert.Equal(
            ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault,
            await VaultStage.CodeOfAsync(() => AssignKeyAsync(stage, identity))
        );
        Assert.Equal(EncryptionTypes.MicrosoftManaged, (await stage.Vault.Vault.GetEncryptionAsync()).EncryptionAtRestType);

        await cluster.KeyVaults.SetPolicyAsync(stage.KeyVault, identity.PrincipalId, All);
        Assert.Equal(identity.Id, (await AssignKeyAsync(stage, identity)).Identity);
        await stage.ProtectAsync("papers");
    }

    [Fact]
    [Trait("Requirement", "R26")]
    public async Task R26_KeyVaultBehindAFirewall_AdmitsTheSystemIdentityOnly()
    {
        var (stage, identity) = await CreateAsync();
        await cluster.KeyVaults.SetPolicyAsync(stage.KeyVault, identity.PrincipalId, All);
        await cluster.KeyVaults.UpdateAsync(stage.KeyVault, new() { DefaultAction = NetworkDefaultAction.Deny });

        Assert.Equal(ErrorCodes.UserErrorCMKKeyVaultAuthFailure, await VaultStage.CodeOfAsync(() => AssignKeyAsync(stage, identity)));
        Assert.Equal(IdentityTypes.SystemAssigned, (await stage.AssignKeyAsync()).Identity);
    }

    [Fact]
    [Trait("Requirement", "R26")]
    public async Task R26_Firewall_SwitchedOnLater_StopsTheUserAssignedIdentity_AndNothingIsLost()
    {
        var (stage, identity) = await CreateAsync();
        await cluster.KeyVaults.SetPolicyAsync(stage.KeyVault, identity.PrincipalId, All);
        await AssignKeyAsync(stage, identity);
        await stage.ProtectAsync("papers");

        await cluster.KeyVaults.UpdateAsync(stage.KeyVault, new() { DefaultAction = NetworkDefaultAction.Deny });
        Assert.Equal(ErrorCodes.UserErrorCMKKeyVaultAuthFailure, await VaultStage.CodeOfAsync(() => AssignKeyAsync(stage, identity)));

        await cluster.KeyVaults.UpdateAsync(stage.KeyVault, new() { DefaultAction = NetworkDefaultAction.Allow });
        Assert.Equal(identity.Id, (await AssignKeyAsync(stage, identity)).Identity);
        await stage.ProtectAsync("letters");
    }

    [Fact]
    [Trait("Requirement", "R25")]
    public async Task R25_KeyOpenedByAUserAssignedIdentity_RefusesPrivateEndpoints()
    {
        var (stage, identity) = await CreateAsync();
        await cluster.KeyVaults.SetPolicyAsync(stage.KeyVault, identity.PrincipalId, All);
        await AssignKeyAsync(stage, identity);

        Assert.Equal(
            ErrorCodes.UserErrorCMKUserIdentityPrivateEndpointUnsupported,
            await VaultStage.CodeOfAsync(() => stage.Vault.Vault.AddPrivateEndpointAsync(new(Guid.NewGuid(), "office")))
        );
        Assert.Empty((await stage.Vault.Vault.GetAsync()).PrivateEndpoints);

        await stage.Vault.Vault.UpdateEncryptionAsync(stage.Update() with { UseSystemAssignedIdentity = true });
        Assert.Equal(["office"], await stage.Vault.Vault.AddPrivateEndpointAsync(new(Guid.NewGuid(), "office")));
    }

    [Fact]
    [Trait("Requirement", "R25")]
    public async Task R25_VaultWithPrivateEndpoints_RefusesAUserAssignedIdentityForItsKey_AndTakesTheSystemOne_ThroughTheFirewall()
    {
        var (stage, identity) = await CreateAsync();
        await cluster.KeyVaults.SetPolicyAsync(stage.KeyVault, identity.PrincipalId, All);
        await stage.Vault.Vault.AddPrivateEndpointAsync(new(Guid.NewGuid(), "office"));

        Assert.Equal(
            ErrorCodes.UserErrorCMKUserIdentityPrivateEndpointUnsupported,
            await VaultStage.CodeOfAsync(() => AssignKeyAsync(stage, identity))
        );
        Assert.Equal(EncryptionTypes.MicrosoftManaged, (await stage.Vault.Vault.GetEncryptionAsync()).EncryptionAtRestType);

        await cluster.KeyVaults.UpdateAsync(stage.KeyVault, new() { DefaultAction = NetworkDefaultAction.Deny });
        Assert.Equal(IdentityTypes.SystemAssigned, (await stage.AssignKeyAsync()).Identity);
        await stage.ProtectAsync("papers");
        Assert.Equal(
            ErrorCodes.UserErrorCMKUserIdentityPrivateEndpointUnsupported,
            await VaultStage.CodeOfAsync(() => AssignKeyAsync(stage, identity))
        );

        Assert.Empty(await stage.Vault.Vault.RemovePrivateEndpointAsync(new(Guid.NewGuid(), "OFFICE")));
        await cluster.KeyVaults.UpdateAsync(stage.KeyVault, new() { DefaultAction = NetworkDefaultAction.Allow });
        Assert.Equal(identity.Id, (await AssignKeyAsync(stage, identity)).Identity);
    }

    [Fact]
    [Trait("Requirement", "R23")]
    public async Task R23_IdentityInUse_Stays_AndCanBeChangedForAnother()
    {
        var (stage, identity) = await CreateAsync();
        await cluster.KeyVaults.SetPolicyAsync(stage.KeyVault, identity.PrincipalId, All);
        await AssignKeyAsync(stage, identity);
        await stage.ProtectAsync("papers");
        var remove = new ChangeIdentity(Guid.NewGuid()) { SystemAssigned = false, UserAssigned = [identity.Name] };
        Assert.Equal(
            ErrorCodes.UserErrorCMKIdentityInUse,
            await VaultStage.CodeOfAsync(() => stage.Vault.Vault.RemoveIdentityAsync(remove))
        );

        var changed = await stage.Vault.Vault.UpdateEncryptionAsync(stage.Update() with { UseSystemAssignedIdentity = true });

        Assert.Equal(IdentityTypes.SystemAssigned, changed.Identity);
        Assert.Null(changed.PreviousKeyVersion);
        var left = await stage.Vault.Vault.RemoveIdentityAsync(remove with { OperationId = Guid.NewGuid() });
        Assert.Equal((IdentityTypes.SystemAssigned, 0), (left.Type, left.UserAssigned.Count));
        await cluster.KeyVaults.DeletePolicyAsync(stage.KeyVault, identity.PrincipalId);
        await stage.ProtectAsync("letters");
    }

    [Fact]
    public async Task Identities_AreInTheActivityLog()
    {
        var (stage, identity) = await CreateAsync(isReady: false);

        var entry = (await stage.LogAsync())[0];

        Assert.Equal(("AssignIdentity", identity.Id), (entry.Operation, entry.Details["userAssigned"]));
        Assert.False(entry.Details.ContainsKey("principalId"));
    }
}
