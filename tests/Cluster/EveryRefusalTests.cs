using System.Text.Json;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Reclaim;
using RecoveryVault.Records;
using RecoveryVault.Retention;
using RecoveryVault.Rotation;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Cluster;

/// <summary>
/// Every method by which a client can change something: refused once, each attempt leaves the vault as it was and stands in the activity
/// log once. A method that is new has to come in here.
/// </summary>
[Collection(VaultClusterCollection.Name)]
public sealed class EveryRefusalTests(VaultCluster cluster)
{
    private static readonly Type[] Contracts =
    [
        typeof(IVaultGrain),
        typeof(IProtectedItemGrain),
        typeof(IKeyRotationGrain),
        typeof(IJobLedgerGrain),
    ];

    /// <summary>Those that have nothing to refuse: an unknown session has ended already.</summary>
    private static readonly string[] NeverRefused =
    [
        nameof(IProtectedItemGrain.AbandonBackupAsync),
        nameof(IProtectedItemGrain.EndRestoreAsync),
    ];

    private static Guid Fresh => Guid.NewGuid();

    private sealed record Attempt(string Method, string Operation, string Code, Func<Task> Call);

    [Fact]
    [Trait("Requirement", "R44")]
    public async Task EveryChange_Refused_IsLoggedOnceAndChangesNothing()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        await PrepareAsync(item);
        List<Attempt> done = [.. OfVault(item.Stage), .. OfProtection(item.Stage), .. OfItem(item)];
        foreach (var attempt in done)
            await RequireLoggedOnceAsync(item, attempt);
        await item.EnableKeyAsync(false);
        item.ForgetKeys();
        foreach (var attempt in (Attempt[])[.. WithoutKey(item)])
        {
            await RequireLoggedOnceAsync(item, attempt);
            done.Add(attempt);
        }

        var changes = Contracts.SelectMany(c => c.GetMethods()).Where(m => RefusedAttempts.OperationOf(m) is not null);
        Assert.Equal(
            changes.Select(m => $"{m.DeclaringType?.Name}.{m.Name}").Order(StringComparer.Ordinal),
            done.Select(a => a.Method)
                .Concat(NeverRefused.Select(name => $"{nameof(IProtectedItemGrain)}.{name}"))
                .Distinct()
                .Order(StringComparer.Ordinal)
        );
        Assert.Null((await item.Stage.Vault.Activity.VerifyAsync(1)).Fault);
    }

    /// <summary>Two recovery points, of which a policy keeps one.</summary>
    private static async Task PrepareAsync(KeyedItem item)
    {
        var vault = item.Stage.Vault.Vault;
        await vault.CreatePolicyAsync(
            new ChangePolicy
            {
                OperationId = Fresh,
                Name = "p",
                Last = 1,
            }
        );
        await vault.AssignPolicyAsync(new AssignPolicy(Fresh, "papers", "p"));
        await item.BackUpAsync();
        await item.BackUpAsync();
    }

    private static Attempt Of(string method, string operation, string code, Func<Task> call) =>
        new($"IVaultGrain.{method}Async", operation, code, call);

    private static IEnumerable<Attempt> OfVault(VaultStage stage)
    {
        var vault = stage.Vault.Vault;
        var toPlatform = stage.Update() with { EncryptionAtRestType = EncryptionTypes.MicrosoftManaged };
        var nameless = new ChangePolicy { OperationId = Fresh, Name = "a b" };
        Attempt Of(string method, string operation, string code, Func<Task> call) =>
            new($"IVaultGrain.{method}Async", operation, code, call);
        return
        [
            Of("Delete", "DeleteVault", ErrorCodes.VaultNotEmpty, () => vault.DeleteAsync(new(Fresh, ""))),
            Of("Move", "MoveVault", ErrorCodes.UserErrorCMKVaultMoveNotSupported, () => vault.MoveAsync(new(Fresh, "rg", null))),
            Of(
                "AssignIdentity",
                "AssignIdentity",
                ErrorCodes.IdentityNotFound,
                () => vault.AssignIdentityAsync(new(Fresh) { UserAssigned = ["none"] })
            ),
            Of("RemoveIdentity", "RemoveIdentity", ErrorCodes.UserErrorCMKIdentityInUse, () => vault.RemoveIdentityAsync(new(Fresh))),
            Of("AddPrivateEndpoint", "AddPrivateEndpoint", ErrorCodes.InvalidName, () => vault.AddPrivateEndpointAsync(new(Fresh, "a b"))),
            Of(
                "RemovePrivateEndpoint",
                "RemovePrivateEndpoint",
                ErrorCodes.InvalidName,
                () => vault.RemovePrivateEndpointAsync(new(Fresh, "a b"))
            ),
            Of("Shred", "ShredVault", ErrorCodes.VaultKeyUsable, () => vault.ShredAsync(new(Fresh, "gone"))),
            Of("Undelete", "UndeleteVault", ErrorCodes.InvalidRequest, () => vault.UndeleteAsync(new(Fresh, "a\nb"))),
            Of("Purge", "PurgeVault", ErrorCodes.InvalidRequest, () => vault.PurgeAsync(Fresh)),
            Of(
                "RequireSecondApproval",
                "RequireSecondApproval",
                ErrorCodes.InvalidRequest,
                () => vault.RequireSecondApprovalAsync(new(Fresh, "a\nb"))
            ),
            Of("SetSoftDelete", "SetSoftDelete", ErrorCodes.InvalidRequest, () => vault.SetSoftDeleteAsync(new(Fresh, 5))),
            Of(
                "UpdateEncryption",
                "UpdateEncryption",
                ErrorCodes.UserErrorCMKCannotRevertToPMK,
                () => vault.UpdateEncryptionAsync(toPlatform)
            ),
        ];
    }

    private static IEnumerable<Attempt> OfProtection(VaultStage stage)
    {
        var vault = stage.Vault.Vault;
        var bogus = new ProtectionTicket(ItemId.Create(), Fresh);
        var nameless = new ChangePolicy { OperationId = Fresh, Name = "a b" };
        return
        [
            Of("AttemptProtection", "ProtectItem", ErrorCodes.InvalidName, () => vault.AttemptProtectionAsync(new(Fresh, "a/b"))),
            Of(
                "AttemptProtection",
                "ProtectItem",
                ErrorCodes.ItemAlreadyProtected,
                () => vault.AttemptProtectionAsync(new(Fresh, "papers"))
            ),
            Of(
                "CompleteProtection",
                "ProtectItem",
                ErrorCodes.InvalidRequest,
                () => vault.CompleteProtectionAsync(new(bogus, "x", VaultStage.Source))
            ),
            Of(
                "FailProtection",
                "ProtectItem",
                ErrorCodes.InvalidRequest,
                () => vault.FailProtectionAsync(new(bogus, "x", ErrorCodes.SourceNotFound, ""))
            ),
            Of("CreatePolicy", "CreatePolicy", ErrorCodes.InvalidName, () => vault.CreatePolicyAsync(nameless)),
            Of(
                "SetPolicy",
                "SetPolicy",
                ErrorCodes.PolicyNotFound,
                () => vault.SetPolicyAsync(nameless with { OperationId = Fresh, Name = "none", Last = 2 })
            ),
            Of("DeletePolicy", "DeletePolicy", ErrorCodes.PolicyNotFound, () => vault.DeletePolicyAsync(new(Fresh, "none"))),
            Of("DeletePolicy", "DeletePolicy", ErrorCodes.PolicyInUse, () => vault.DeletePolicyAsync(new(Fresh, "p"))),
            Of("AssignPolicy", "SetItemPolicy", ErrorCodes.ItemNotFound, () => vault.AssignPolicyAsync(new(Fresh, "none", "p"))),
        ];
    }

    private IEnumerable<Attempt> OfItem(KeyedItem item)
    {
        var grain = item.Grain;
        var past = cluster.Time.GetUtcNow().AddDays(-1);
        static Attempt Of(string method, string operation, string code, Func<Task> call) =>
            new($"IProtectedItemGrain.{method}Async", operation, code, call);
        return
        [
            Of("Delete", "DeleteItem", ErrorCodes.InvalidRequest, () => grain.DeleteAsync(new(Fresh, "a\nb"))),
            Of("Undelete", "UndeleteItem", ErrorCodes.InvalidRequest, () => grain.UndeleteAsync(new(Fresh, "a\nb"))),
            Of("BeginBackup", "Backup", ErrorCodes.InvalidRequest, () => grain.BeginBackupAsync(new(Fresh, RetainUntil: past))),
            Of("CommitBackup", "Backup", ErrorCodes.SessionLost, () => grain.CommitBackupAsync(Nothing)),
            Of(
                "DeleteRecoveryPoint",
                "DeleteRecoveryPoint",
                ErrorCodes.RecoveryPointNotFound,
                () => grain.DeleteRecoveryPointAsync(new(Fresh, "none"))
            ),
            Of(
                "UndeleteRecoveryPoint",
                "UndeleteRecoveryPoint",
                ErrorCodes.RecoveryPointNotFound,
                () => grain.UndeleteRecoveryPointAsync(new(Fresh, "none"))
            ),
            Of("StopReclaim", "Reclaim", ErrorCodes.SessionLost, () => grain.StopReclaimAsync(Fresh)),
            Of(
                "BeginRestore",
                "Restore",
                ErrorCodes.RecoveryPointNotFound,
                () => grain.BeginRestoreAsync(new(Fresh, "none", RestorePurpose.Restore))
            ),
            Of(
                "Disable",
                "DisableProtection",
                ErrorCodes.StoreFull,
                () => WithoutRecordAsync(item, () => grain.DisableAsync(new(Fresh, "")))
            ),
            new("IJobLedgerGrain.StopAsync", "StopJob", ErrorCodes.JobNotFound, () => item.Stage.Vault.Jobs.StopAsync(Fresh)),
        ];
    }

    private IEnumerable<Attempt> WithoutKey(KeyedItem item)
    {
        var (grain, code) = (item.Grain, ErrorCodes.UserErrorCMKKeyDisabled);
        var sync = cluster.Cluster.Client.GetGrain<IKeyRotationGrain>(item.Stage.Vault.VaultId.ToString());
        var host = $"{item.Stage.KeyVault}.vault.localhost";
        return
        [
            new("IProtectedItemGrain.BeginBackupAsync", "Backup", code, () => grain.BeginBackupAsync(new(Fresh))),
            new(
                "IProtectedItemGrain.BeginRestoreAsync",
                "Verify",
                code,
                () => grain.BeginRestoreAsync(new(Fresh, null, RestorePurpose.Verify))
            ),
            new("IProtectedItemGrain.ExpireAsync", "ExpireRecoveryPoints", code, () => grain.ExpireAsync(new ExpireRecoveryPoints(Fresh))),
            new("IProtectedItemGrain.BeginReclaimAsync", "Reclaim", code, () => grain.BeginReclaimAsync(new BeginReclaim(Fresh))),
            new(
                "IKeyRotationGrain.SyncAsync",
                "SyncEncryption",
                ErrorCodes.KeyVaultUnreachable,
                () => WithoutKeyVaultAsync(host, sync.SyncAsync)
            ),
        ];
    }

    private static CommitBackup Nothing =>
        new()
        {
            OperationId = Fresh,
            SessionId = Fresh,
            Catalogue = new CatalogueRoot(0, default),
            Statistics = new BackupStatistics(),
        };

    private async Task WithoutRecordAsync(KeyedItem item, Func<Task> call)
    {
        cluster.Store.Inject(
            new Storage.Fault.Fail(RecoveryVault.Storage.BlobError.StoreFull),
            Storage.BlobCalls.Put,
            names: name => name == GrainRecords.ItemBlob(item.Key)
        );
        await call();
    }

    private async Task WithoutKeyVaultAsync(string host, Func<Task> call)
    {
        cluster.KeyVaultTraffic.Fail(host, KeyVaultFault.Unreachable);
        try
        {
            await call();
        }
        finally
        {
            cluster.KeyVaultTraffic.Heal(host);
        }
    }

    private static async Task RequireLoggedOnceAsync(KeyedItem item, Attempt attempt)
    {
        var stage = item.Stage;
        var (before, count) = (await ReadAsync(item), (await stage.LogAsync()).Count);

        var code = await VaultStage.CodeOfAsync(attempt.Call);

        var log = await stage.LogAsync();
        Assert.Equal((attempt.Method, attempt.Code), (attempt.Method, code));
        Assert.Equal((attempt.Method, count + 1), (attempt.Method, log.Count));
        Assert.Equal((attempt.Operation, "Failed", "tester@here"), (log[0].Operation, log[0].Status, log[0].Caller));
        Assert.Equal(attempt.Code, log[0].Details["errorCode"]);
        Assert.Equal(before, await ReadAsync(item));
    }

    private static async Task<string> ReadAsync(KeyedItem item) =>
        JsonSerializer.Serialize(
            (
                await item.Stage.Vault.Vault.GetAsync(),
                await item.Grain.GetAsync(),
                await item.Stage.Vault.Vault.ListPoliciesAsync(),
                (await item.Grain.ListRecoveryPointsAsync(new PageRequest())).Items
            )
        );
}
