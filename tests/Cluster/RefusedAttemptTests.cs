using System.Text.Json;
using RecoveryVault.Errors;
using RecoveryVault.Retention;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Cluster;

/// <summary>A refused attempt changes nothing, and stands in the activity log with its code and who made it.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class RefusedAttemptTests(VaultCluster cluster)
{
    private static Guid Fresh => Guid.NewGuid();

    [Fact]
    [Trait("Requirement", "R44")]
    [Trait("Requirement", "R13")]
    [Trait("Requirement", "R62")]
    public async Task RefusedChange_OfAVaultWithItsKey_IsLoggedAndChangesNothing()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        var (stage, vault) = (item.Stage, item.Stage.Vault.Vault);
        var toPlatform = stage.Update() with { EncryptionAtRestType = EncryptionTypes.MicrosoftManaged };
        (string, string, Func<Task>)[] attempts =
        [
            ("UpdateEncryption", ErrorCodes.UserErrorCMKCannotRevertToPMK, () => vault.UpdateEncryptionAsync(toPlatform)),
            ("UpdateEncryption", ErrorCodes.UserErrorCMKInvalidKeyUri, () => stage.AssignKeyAsync("https://kv/secrets/x")),
            ("UpdateEncryption", ErrorCodes.UserErrorCMKInvalidKeyUri, () => stage.AssignKeyAsync("https://kv.example.org/keys/x")),
            ("MoveVault", ErrorCodes.UserErrorCMKVaultMoveNotSupported, () => vault.MoveAsync(new(Fresh, "rg", null))),
            ("DeleteVault", ErrorCodes.VaultNotEmpty, () => vault.DeleteAsync(new(Fresh, ""))),
            ("RemoveIdentity", ErrorCodes.UserErrorCMKIdentityInUse, () => vault.RemoveIdentityAsync(new(Fresh))),
            ("AssignIdentity", ErrorCodes.IdentityNotFound, () => vault.AssignIdentityAsync(new(Fresh) { UserAssigned = ["none"] })),
            ("AssignIdentity", ErrorCodes.InvalidRequest, () => vault.AssignIdentityAsync(new(Fresh) { SystemAssigned = false })),
            ("AddPrivateEndpoint", ErrorCodes.InvalidName, () => vault.AddPrivateEndpointAsync(new(Fresh, "a b"))),
            ("ProtectItem", ErrorCodes.InvalidName, () => vault.AttemptProtectionAsync(new(Fresh, "a/b"))),
            ("DeletePolicy", ErrorCodes.PolicyNotFound, () => vault.DeletePolicyAsync(new DeletePolicy(Fresh, "none"))),
            ("SetItemPolicy", ErrorCodes.PolicyNotFound, () => vault.AssignPolicyAsync(new AssignPolicy(Fresh, "papers", "none"))),
        ];
        await RequireLoggedAsync(stage, async () => JsonSerializer.Serialize(await vault.GetAsync()), attempts);
    }

    [Fact]
    public async Task FirstBackup_LooksForAnEarlierPointInVain_AndLogsNoRefusal()
    {
        using var item = await KeyedItem.CreateAsync(cluster);

        await item.BackUpAsync();

        Assert.All(await item.Stage.LogAsync(), entry => Assert.Equal("Succeeded", entry.Status));
    }

    [Fact]
    [Trait("Requirement", "R44")]
    [Trait("Requirement", "R10")]
    [Trait("Requirement", "R11")]
    public async Task RefusedKey_OfAVaultThatMustNotHaveOne_IsLoggedAndChangesNothing()
    {
        var stage = await VaultStage.CreateAsync(cluster);
        var ticket = await stage.Vault.Vault.AttemptProtectionAsync(new AttemptProtection(Fresh, "gone"));
        await stage.Vault.Vault.FailProtectionAsync(new FailProtection(ticket, "gone", ErrorCodes.SourceNotFound, "Not there."));
        var read = async () => JsonSerializer.Serialize(await stage.Vault.Vault.GetAsync());
        await RequireLoggedAsync(
            stage,
            read,
            ("UpdateEncryption", ErrorCodes.UserErrorCMKProtectionAttempted, () => stage.AssignKeyAsync())
        );

        await stage.ProtectAsync("papers");
        await RequireLoggedAsync(
            stage,
            read,
            ("UpdateEncryption", ErrorCodes.UserErrorCMKVaultHasProtectedItems, () => stage.AssignKeyAsync())
        );
    }

    [Fact]
    [Trait("Requirement", "R44")]
    public async Task RefusedDeletion_OfARecoveryPoint_IsLoggedAndChangesNothing()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        var point = (await item.BackUpAsync()).Outcome.RecoveryPoint.Name;

        await RequireLoggedAsync(
            item.Stage,
            async () => JsonSerializer.Serialize((await item.Grain.ListRecoveryPointsAsync(new PageRequest())).Items),
            ("DeleteRecoveryPoint", ErrorCodes.LastRecoveryPoint, () => item.Grain.DeleteRecoveryPointAsync(new(Fresh, point))),
            ("DeleteRecoveryPoint", ErrorCodes.RecoveryPointNotFound, () => item.Grain.DeleteRecoveryPointAsync(new(Fresh, "none"))),
            ("DeleteRecoveryPoint", ErrorCodes.InvalidRequest, () => item.Grain.DeleteRecoveryPointAsync(new(Fresh, point, "a\nb"))),
            ("UndeleteRecoveryPoint", ErrorCodes.RecoveryPointNotFound, () => item.Grain.UndeleteRecoveryPointAsync(new(Fresh, "none")))
        );
    }

    [Fact]
    [Trait("Requirement", "R44")]
    public async Task RefusedThenMadeGood_UnderOneOperationId_IsLoggedAsBoth()
    {
        var stage = await VaultStage.CreateAsync(cluster, isReady: false);
        var name = VaultStage.NewName("identity");
        var request = new ChangeIdentity(Fresh) { SystemAssigned = false, UserAssigned = [name] };
        Assert.Equal(ErrorCodes.IdentityNotFound, await VaultStage.CodeOfAsync(() => stage.Vault.Vault.AssignIdentityAsync(request)));
        await cluster.Identities.CreateAsync(name);

        await stage.Vault.Vault.AssignIdentityAsync(request);
        await stage.Vault.Vault.AssignIdentityAsync(request);

        var entries = (await stage.LogAsync()).Where(e => e.Operation == "AssignIdentity").Select(e => e.Status);
        Assert.Equal(["Succeeded", "Failed"], entries);
    }

    private static async Task RequireLoggedAsync(
        VaultStage stage,
        Func<Task<string>> read,
        params (string Operation, string Code, Func<Task> Attempt)[] attempts
    )
    {
        var before = await read();
        foreach (var (operation, code, attempt) in attempts)
        {
            var count = (await stage.LogAsync()).Count;

            Assert.Equal(code, await VaultStage.CodeOfAsync(attempt));

            var log = await stage.LogAsync();
            Assert.Equal(count + 1, log.Count);
            Assert.Equal((operation, "Failed", "tester@here"), (log[0].Operation, log[0].Status, log[0].Caller));
            Assert.Equal(code, log[0].Details["errorCode"]);
            Assert.NotEmpty(log[0].Details["error"]);
            Assert.Equal(before, await read());
        }
        Assert.Null((await stage.Vault.Activity.VerifyAsync(1)).Fault);
    }
}
