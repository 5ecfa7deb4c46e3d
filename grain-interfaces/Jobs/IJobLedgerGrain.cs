using RecoveryVault.Access;

namespace RecoveryVault.Jobs;

/// <summary>A vault's jobs. Key: the vault id.</summary>
[Alias("rv.IJobLedgerGrain")]
public interface IJobLedgerGrain : IGrainWithStringKey
{
    /// <summary>Jobs, newest first. A job whose process died shows as failed with JobInterrupted.</summary>
    [Alias("List"), Requires(VaultRole.BackupReader, AccessScope.Vault)]
    Task<Page<JobSummary>> ListAsync(JobQuery query);

    /// <summary>One job with its tasks; of one that runs, how far it is now.</summary>
    /// <exception cref="Errors.VaultException">JobNotFound.</exception>
    [Alias("Get"), Requires(VaultRole.BackupReader, AccessScope.Vault)]
    Task<JobSummary> GetAsync(Guid jobId);

    /// <summary>
    /// Stops a backup, restore, verification or reclaim: it ends as Cancelled, at once or at its next step. What it had stored is used by
    /// the next one; nothing is left half done.
    /// </summary>
    /// <exception cref="Errors.VaultException">JobNotFound, JobNotRunning, JobNotStoppable.</exception>
    [Alias("Stop"), Requires(VaultRole.BackupOperator, AccessScope.Vault, LoggedAs = "StopJob")]
    Task<JobSummary> StopAsync(Guid jobId);
}

/// <summary>Which jobs to list; null matches all.</summary>
[GenerateSerializer, Immutable, Alias("rv.JobQuery")]
public sealed record JobQuery([property: Id(0)] JobStatus? Status, [property: Id(1)] string? Operation, [property: Id(2)] PageRequest Page);
