using RecoveryVault.Errors;
using RecoveryVault.Jobs;

namespace RecoveryVault.Reclaim;

/// <summary>What came of one item of a store.</summary>
/// <param name="VaultName">Its vault.</param>
/// <param name="ItemName">Its name.</param>
/// <param name="Expired">Recovery points its retention policy keeps no longer: deleted now, or, of a dry run, would be.</param>
/// <param name="JobId">The job; null when none was begun.</param>
/// <param name="Outcome">What was done.</param>
public sealed record ReclaimedItem(string VaultName, string ItemName, long Expired, Guid? JobId, ReclaimOutcome Outcome)
{
    /// <summary>Stands for all items of a vault that is deleted with everything in it.</summary>
    public const string WholeVault = "(vault)";

    /// <summary>Another writer has the item: nothing is wrong with it, and the next reclaim comes to it.</summary>
    public bool IsBusy => Outcome.Error is { Code: ErrorCodes.BackupInProgress or ErrorCodes.ReclaimInProgress };

    /// <summary>True when it failed.</summary>
    public bool IsFailed => Outcome.Status == JobStatus.Failed && !IsBusy;
}
