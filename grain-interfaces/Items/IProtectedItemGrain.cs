using Orleans.Concurrency;
using RecoveryVault.Access;
using RecoveryVault.Jobs;
using RecoveryVault.Reclaim;

namespace RecoveryVault.Items;

/// <summary>One protected item. Key: <see cref="ItemKey"/>.</summary>
[Alias("rv.IProtectedItemGrain")]
public interface IProtectedItemGrain : IGrainWithStringKey
{
    /// <summary>The item as it is.</summary>
    [Alias("Get"), Requires(VaultRole.BackupReader, AccessScope.Item)]
    Task<ItemSummary> GetAsync();

    /// <summary>Stops protection and keeps the recovery points.</summary>
    [Alias("Disable"), Requires(VaultRole.BackupContributor, AccessScope.Item, LoggedAs = "DisableProtection")]
    Task DisableAsync(DisableProtection request);

    /// <summary>
    /// Stops protection and deletes all recovery points softly, the last one too: for the vault's period the item can be had back. One
    /// that is deleted already stays as it is, and its time is not shortened.
    /// </summary>
    /// <exception cref="Errors.VaultException">
    /// RecoveryPointRetained, BackupInProgress, ReclaimInProgress, DeletionLimitReached.
    /// </exception>
    [Alias("Delete"), Requires(VaultRole.BackupContributor, AccessScope.Item, LoggedAs = "DeleteItem")]
    Task<ItemSummary> DeleteAsync(DeleteItem request);

    /// <summary>
    /// Brings a deleted item back, with those of its recovery points that went with it and are not purged; protection stays stopped. One
    /// that is not deleted stays as it is.
    /// </summary>
    [Alias("Undelete"), Requires(VaultRole.BackupContributor, AccessScope.Item, LoggedAs = "UndeleteItem")]
    Task<ItemSummary> UndeleteAsync(UndeleteItem request);

    /// <summary>
    /// Takes the writer slot, starts the job and opens a backup session. The same operation id again returns the session it opened, or
    /// what it committed.
    /// </summary>
    /// <exception cref="Errors.VaultException">ProtectionStopped, BackupInProgress, a key code, KeyVaultUnreachable.</exception>
    [Alias("BeginBackup"), Requires(VaultRole.BackupOperator, AccessScope.Item, LoggedAs = "Backup")]
    Task<BackupTicket> BeginBackupAsync(BeginBackup request);

    /// <summary>
    /// Makes the recovery point: returns when it is durable and read back. The same operation id again returns the existing one.
    /// </summary>
    /// <exception cref="Errors.VaultException">SessionLost, StoreFull, a key code.</exception>
    [Alias("CommitBackup"), Requires(VaultRole.BackupOperator, AccessScope.Item, LoggedAs = "Backup")]
    Task<BackupOutcome> CommitBackupAsync(CommitBackup request);

    /// <summary>
    /// Says how far the work of a session is, for whoever looks at its job. False when there is no such session any more: then the work is
    /// for nothing.
    /// </summary>
    [AlwaysInterleave, Alias("ReportProgress"), Requires(VaultRole.BackupOperator, AccessScope.Item)]
    Task<bool> ReportProgressAsync(ReportProgress progress);

    /// <summary>Gives a session up and ends its job; what it stored is adopted by the next backup.</summary>
    [Alias("AbandonBackup"), Requires(VaultRole.BackupOperator, AccessScope.Item, LoggedAs = "Backup")]
    Task AbandonBackupAsync(AbandonBackup request);

    /// <summary>Recovery points, newest first; deleted ones with their state until they are purged.</summary>
    [Alias("ListRecoveryPoints"), Requires(VaultRole.BackupReader, AccessScope.Item)]
    Task<Page<RecoveryPointSummary>> ListRecoveryPointsAsync(PageRequest page);

    /// <summary>One recovery point.</summary>
    /// <exception cref="Errors.VaultException">RecoveryPointNotFound.</exception>
    [Alias("GetRecoveryPoint"), Requires(VaultRole.BackupReader, AccessScope.Item)]
    Task<RecoveryPointSummary> GetRecoveryPointAsync(string name);

    /// <summary>
    /// Deletes a recovery point softly: for the vault's period, 14 days at the least, it can be had back. Deleting it again changes
    /// nothing, and shortens nothing.
    /// </summary>
    /// <exception cref="Errors.VaultException">
    /// RecoveryPointNotFound, RecoveryPointRetained, LastRecoveryPoint, DeletionLimitReached.
    /// </exception>
    [Alias("DeleteRecoveryPoint"), Requires(VaultRole.BackupContributor, AccessScope.Item)]
    Task<RecoveryPointSummary> DeleteRecoveryPointAsync(DeleteRecoveryPoint request);

    /// <summary>Brings a deleted recovery point back; one that is available stays so.</summary>
    /// <exception cref="Errors.VaultException">RecoveryPointNotFound, also when it was purged; ItemSoftDeleted.</exception>
    [Alias("UndeleteRecoveryPoint"), Requires(VaultRole.BackupContributor, AccessScope.Item)]
    Task<RecoveryPointSummary> UndeleteRecoveryPointAsync(UndeleteRecoveryPoint request);

    /// <summary>
    /// Applies the item's retention policy: what it keeps no longer is deleted softly, never the newest that is available. A job of its own
    /// when there is something to delete.
    /// </summary>
    [Alias("Expire"), Requires(VaultRole.BackupContributor, AccessScope.Item, LoggedAs = "ExpireRecoveryPoints")]
    Task<ExpiryOutcome> ExpireAsync(ExpireRecoveryPoints request);

    /// <summary>What <see cref="ExpireAsync"/> would do now with each recovery point that is available, newest first.</summary>
    [Alias("PlanExpiry"), Requires(VaultRole.BackupReader, AccessScope.Item)]
    Task<Page<ExpiryDecision>> PlanExpiryAsync(PageRequest page);

    /// <summary>
    /// Purges what is due and frees what no recovery point needs any more. Takes the writer slot, starts the job, and returns: the silo
    /// goes on by itself, ends the job, and gives the slot back. A dry run does neither, and writes nothing of the item.
    /// </summary>
    /// <exception cref="Errors.VaultException">BackupInProgress, ReclaimInProgress, a key code, KeyVaultUnreachable.</exception>
    [Alias("BeginReclaim"), Requires(VaultRole.BackupContributor, AccessScope.Item, LoggedAs = "Reclaim")]
    Task<ReclaimTicket> BeginReclaimAsync(BeginReclaim request);

    /// <summary>How far a reclaim is: answered when it has ended, or after <see cref="ReclaimLook"/> at the latest.</summary>
    /// <exception cref="Errors.VaultException">SessionLost: this activation did not run it; its job says how it ended.</exception>
    [AlwaysInterleave, Alias("GetReclaim"), Requires(VaultRole.BackupContributor, AccessScope.Item)]
    Task<ReclaimProgress> GetReclaimAsync(Guid sessionId);

    /// <summary>Lets a reclaim end at its next step; what it has freed is freed.</summary>
    /// <exception cref="Errors.VaultException">SessionLost.</exception>
    [Alias("StopReclaim"), Requires(VaultRole.BackupContributor, AccessScope.Item, LoggedAs = "Reclaim")]
    Task StopReclaimAsync(Guid sessionId);

    /// <summary>How long <see cref="GetReclaimAsync"/> waits for news.</summary>
    static readonly TimeSpan ReclaimLook = TimeSpan.FromSeconds(1);

    /// <summary>Opens a reading session on a recovery point; a deleted one must be brought back first.</summary>
    [Alias("BeginRestore"), Requires(VaultRole.BackupOperator, AccessScope.Item, LoggedAs = "Restore")]
    Task<RestoreTicket> BeginRestoreAsync(BeginRestore request);

    /// <summary>Ends a reading session and its job.</summary>
    [Alias("EndRestore"), Requires(VaultRole.BackupOperator, AccessScope.Item, LoggedAs = "Restore")]
    Task EndRestoreAsync(EndRestore request);
}
