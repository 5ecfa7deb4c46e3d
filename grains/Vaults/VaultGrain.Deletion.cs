using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using RecoveryVault.Access;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Keys;

namespace RecoveryVault.Vaults;

public sealed partial class VaultGrain
{
    private const string ShredOperation = "ShredVault";

    /// <summary>One call destroys no longer than this, far below the time callers wait for an answer.</summary>
    private static readonly TimeSpan PurgeSlice = TimeSpan.FromSeconds(5);

    public async Task<VaultSummary> ShredAsync(ShredVault request)
    {
        if (Vault.IsSoftDeleted || Vault.JobOf(request.OperationId) is not null)
            return Vault.ToSummary();
        var (code, now, purgeAfter) = await LogRefusalAsync(ShredOperation, request.OperationId, RequireUselessKeyAsync);
        await ChangeAsync(
            request.OperationId,
            ShredOperation,
            vault => vault.Shred(request, code, Caller.Current, now, purgeAfter),
            vault => DetailsOf(vault.Settings.Deletion)
        );
        return Vault.ToSummary();
    }

    private static KeyValuePair<string, string>[] DetailsOf(VaultDeletion? deletion) =>
        deletion is null
            ? []
            :
            [
                new("deletionId", $"{deletion.DeletionId}"),
                new("reason", deletion.Reason),
                new("requestedBy", deletion.RequestedBy),
                new("approvedBy", deletion.ApprovedBy ?? ""),
                new("keyCode", deletion.Code),
                new("purgeAfter", deletion.PurgeAfter?.ToString("u", CultureInfo.InvariantCulture) ?? "waits for an approval"),
            ];

    /// <summary>
    /// Only a key vault that refuses with authority makes a key useless: an outage may end. What a backup promised to keep is kept, though
    /// nobody can read it now.
    /// </summary>
    private async Task<(string Code, DateTimeOffset Now, DateTimeOffset PurgeAfter)> RequireUselessKeyAsync()
    {
        var code = await FindDenialAsync();
        var times = await _parts.Clocks.ReadAsync(VaultId);
        var purgeAfter = Vault.SoftDelete.EndOf(times.Earliest, times.Latest);
        foreach (var itemId in Vault.Roster)
            if (await Shredding(itemId).GetRetainedUntilAsync() is { } until && until > purgeAfter)
                purgeAfter = until;
        return (code, times.Latest, purgeAfter);
    }

    private async Task<string> FindDenialAsync()
    {
        var (name, encryption) = (Vault.Settings.Name, Vault.Settings.Encryption);
        if (!encryption.IsCustomerManaged)
            throw new VaultException(
                ErrorCodes.VaultKeyUsable,
                $"Vault '{name}' has platform-managed keys.",
                "Delete its items with 'rvault protection disable --delete-backup-data', and the vault when they are purged."
            );
        var facts = await LookAtAsync(KeyId.Parse(encryption.Current.KeyId), Vault.KeyPrincipal);
        return facts?.UnwrapFault switch
        {
            { Verdict: KeyVaultVerdict.Denied } denial => KeyVaultRefusals.CodeOf(denial),
            { } other => throw KeyVaultRefusals.ToVaultException(other, $"Whether the key of vault '{name}' is of no use cannot be said"),
            null => throw new VaultException(ErrorCodes.VaultKeyUsable, $"The key of vault '{name}' opens what is in it."),
        };
    }

    public async Task<VaultSummary> UndeleteAsync(UndeleteVault request)
    {
        await ChangeAsync(
            request.OperationId,
            "UndeleteVault",
            vault =>
            {
                VaultRecord.RequireReason(request.Reason);
                return vault.Undelete();
            },
            _ => [new("reason", request.Reason)]
        );
        return Vault.ToSummary();
    }

    public async Task<VaultSummary> RequireSecondApprovalAsync(RequireSecondApproval request)
    {
        await ChangeAsync(
            request.OperationId,
            "RequireSecondApproval",
            vault =>
            {
                VaultRecord.RequireReason(request.Reason);
                return vault.RequireSecondApproval();
            },
            _ => [new("reason", request.Reason)]
        );
        return Vault.ToSummary();
    }

    public async Task<VaultPurge> PurgeAsync(Guid operationId)
    {
        if (Vault.Settings.Deletion is not { PurgeAfter: { } due } deletion)
            throw new VaultException(ErrorCodes.InvalidRequest, $"Vault '{Vault.Settings.Name}' is not deleted.");
        if (deletion.PurgingSince is null)
        {
            var times = await _parts.Clocks.ReadAsync(VaultId);
            if (times.Earliest < due)
                return new VaultPurge(false, due, times.WhyNot(due), Vault.Roster.Length);
            await BeginPurgeAsync(operationId);
        }
        var left = await DestroyAsync();
        if (left > 0)
            return new VaultPurge(false, due, null, left);
        await EndPurgeAsync();
        return new VaultPurge(true, due, null, 0);
    }

    private async Task BeginPurgeAsync(Guid operationId)
    {
        var items = ImmutableArray.CreateBuilder<ShreddedItem>();
        foreach (var itemId in await _parts.Census.ListItemsAsync(VaultId, Vault.Roster))
            items.Add(await Shredding(itemId).DescribeAsync());
        var vault = Vault;
        var summary = new ShredSummary
        {
            VaultId = VaultId,
            Name = vault.Settings.Name,
            Deletion = (vault.Settings.Deletion ?? throw new InvalidOperationException("It is not deleted.")) with
            {
                PurgingSince = Journal.Now,
            },
            KeyId = vault.Settings.Encryption.Current.KeyId,
            ItemCount = items.Count,
            RecoveryPointCount = items.Sum(i => i.RecoveryPoints),
            Bytes = items.Sum(i => i.Bytes),
        };
        var proof = await _parts.Proofs.WriteAsync(new ShredProof(summary, items.ToImmutable()));
        await ChangeAsync(
            operationId,
            "PurgeVault",
            v => v.BeginPurge(Journal.Now, proof),
            v => [.. DetailsOf(v.Settings.Deletion), new("items", $"{items.Count}"), new("proof", proof.Name)]
        );
    }

    /// <summary>The wrapped data keys of every item first: from then on nothing opens what is left, whoever has the key.</summary>
    /// <returns>How many items still have something.</returns>
    private async Task<int> DestroyAsync()
    {
        var started = _parts.Time.GetTimestamp();
        var itemIds = await _parts.Census.ListItemsAsync(VaultId, Vault.Roster);
        foreach (var itemId in itemIds)
            await Shredding(itemId).DestroyKeysAsync();
        for (var i = 0; i < itemIds.Count; i++)
        {
            while (!await Shredding(itemIds[i]).DestroyDataAsync())
                if (_parts.Time.GetElapsedTime(started) > PurgeSlice)
                    return itemIds.Count - i;
        }
        return 0;
    }

    private async Task EndPurgeAsync()
    {
        var name = Vault.Settings.Name;
        var begun = await _parts.Proofs.ReadAsync(
            Vault.Settings.Proof ?? throw new VaultException(ErrorCodes.DataMissing, "The proof of what is destroyed is missing.")
        );
        var proof = await _parts.Proofs.WriteAsync(begun with { Summary = begun.Summary with { CompletedAt = Journal.Now } });
        await _parts.ItemNames(VaultId).FreeAllAsync();
        await ChangeAsync(
            Guid.NewGuid(),
            "DestroyVault",
            vault => vault.EndPurge(),
            _ => [new("name", name), new("items", $"{begun.Items.Length}"), new("proof", proof.Name)]
        );
        // Nobody finds the vault once its name is free, so what it owes must be paid before.
        await SettleAsync(isLast: true);
        await _parts.VaultNames.FreeAsync(name, VaultId.ToString());
    }

    private IItemShredding Shredding(ItemId itemId) => GrainFactory.GetGrain<IItemShredding>(new ItemKey(VaultId, itemId).ToString());

    /// <summary>A deleted vault can be looked at, had back and destroyed, and nothing else: it comes back as it was.</summary>
    private async Task RequireLiveAsync(IIncomingGrainCallContext context)
    {
        var method = context.InterfaceMethod;
        if (
            _cell.Current is not { Settings.Deleted: false, IsSoftDeleted: true } vault
            || method.DeclaringType != typeof(IVaultGrain)
            || method.GetCustomAttribute<RequiresAttribute>() is not { Role: > VaultRole.BackupReader }
            || method.Name is nameof(ShredAsync) or nameof(UndeleteAsync) or nameof(PurgeAsync)
        )
            return;
        await LogRefusalAsync(
            RefusedAttempts.OperationOf(method) ?? method.Name,
            Guid.NewGuid(),
            () =>
            {
                vault.RequireLive();
                return Task.FromResult(true);
            }
        );
    }
}
