using RecoveryVault.Catalogues;
using RecoveryVault.Items;
using RecoveryVault.Jobs;

namespace RecoveryVault.Backups;

/// <summary>What was read and stored, ready to be committed.</summary>
/// <param name="Catalogue">Of all that was read.</param>
/// <param name="Statistics">What was found in the source.</param>
/// <param name="Warnings">What could not be read, the first of it.</param>
internal sealed record BackupReading(CatalogueRoot Catalogue, BackupStatistics Statistics, IReadOnlyList<JobError> Warnings);
