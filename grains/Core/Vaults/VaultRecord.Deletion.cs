using RecoveryVault.Errors;
using RecoveryVault.Records;

namespace RecoveryVault.Vaults;

// R65: a vault whose key opens nothing any more can go with everything in it: asked for with a reason, approved by somebody else where that
// is demanded, to be had back for its period, then destroyed, keys first.
public sealed partial record VaultRecord
{
    /// <summary>The vault is deleted with everything in it, and can still be had back, or is being destroyed.</summary>
    public bool IsSoftDeleted => Settings.Deletion?.PurgeAfter is not null;

    /// <param name="code">With which the key vault refuses the key.</param>
    /// <param name="caller">The verified caller.</param>
    /// <param name="now">The latest time it can be.</param>
    /// <param name="purgeAfter">The vault's period from then on, and no promise of a backup that ends later.</param>
    public VaultRecord Shred(ShredVault request, string code, string caller, DateTimeOffset now, DateTimeOffset purgeAfter)
    {
        RequireText(request.Reason, "reason", 1, 256);
        if (IsSoftDeleted)
            return this;
        if (request.ApprovalId is { } approvalId)
            return WithDeletion(Approve(approvalId, caller) with { PurgeAfter = purgeAfter });
        var deletion = new VaultDeletion
        {
            DeletionId = request.OperationId,
            RequestedAt = now,
            RequestedBy = caller,
            Reason = request.Reason,
            Code = code,
        };
        return !Settings.SecondApproval ? WithDeletion(deletion with { PurgeAfter = purgeAfter })
            : Settings.Deletion is null ? WithDeletion(deletion)
            : this;
    }

    private VaultDeletion Approve(Guid approvalId, string caller)
    {
        if (Settings.Deletion is not { } waiting || waiting.DeletionId != approvalId)
            throw Invalid($"No deletion {approvalId} of vault '{Settings.Name}' waits for an approval.");
        return waiting.RequestedBy != caller
            ? waiting with
            {
                ApprovedBy = caller,
            }
            : throw new VaultException(
                ErrorCodes.ApprovalByAnotherRequired,
                $"{caller} asked for the deletion of vault '{Settings.Name}' and cannot approve it."
            );
    }

    /// <summary>Brings it back, or withdraws what waits for its approval.</summary>
    public VaultRecord Undelete()
    {
        if (Settings.Deletion is not { } deletion)
            return this;
        return deletion.PurgingSince is null
            ? WithDeletion(null)
            : throw new VaultException(
                ErrorCodes.VaultPurged,
                $"Vault '{Settings.Name}' has been being destroyed since {deletion.PurgingSince:u}."
            );
    }

    /// <summary>From here on there is no way back; nothing is destroyed before this is durable.</summary>
    /// <param name="proof">What there is, written down before.</param>
    public VaultRecord BeginPurge(DateTimeOffset now, RecordRef proof) =>
        Settings.Deletion is { PurgingSince: null } deletion
            ? this with
            {
                Settings = Settings with { Deletion = deletion with { PurgingSince = now }, Proof = proof },
            }
            : this;

    /// <summary>Nothing is left.</summary>
    public VaultRecord EndPurge() => this with { Settings = Settings with { Deleted = true }, Roster = [], Alerts = [] };

    /// <summary>
    /// Demands that whoever deletes the vault with its data has somebody else approve it. There is no way back: it would be one command.
    /// </summary>
    public VaultRecord RequireSecondApproval() =>
        Settings.SecondApproval ? this : this with { Settings = Settings with { SecondApproval = true } };

    /// <summary>Refuses changes of a vault that is deleted: it comes back as it was, or not at all.</summary>
    public void RequireLive()
    {
        if (IsSoftDeleted)
            throw new VaultException(
                ErrorCodes.VaultSoftDeleted,
                $"Vault '{Settings.Name}' is deleted, and can be had back until {Settings.Deletion?.PurgeAfter:u} at least.",
                $"Bring it back with 'rvault vault undelete --name {Settings.Name}'."
            );
    }

    /// <summary>A reason that may be left out.</summary>
    public static void RequireReason(string reason) => RequireText(reason, "reason", 0, 256);

    private VaultRecord WithDeletion(VaultDeletion? deletion) => this with { Settings = Settings with { Deletion = deletion } };
}
