using RecoveryVault.Items;

namespace RecoveryVault.Backups;

/// <summary>A finished backup.</summary>
/// <param name="Outcome">The recovery point and what storing it took.</param>
/// <param name="Statistics">What was found in the source.</param>
/// <param name="Duration">From the first call to the commit.</param>
public sealed record BackupReport(BackupOutcome Outcome, BackupStatistics Statistics, TimeSpan Duration);
