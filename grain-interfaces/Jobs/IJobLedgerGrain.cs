using RecoveryVault.Access;

namespace RecoveryVault.Jobs;

/// <summary>A vault's jobs. Key: the vault id.</summary>
[Alias("rv.IJobLedgerGrain")]
public interface IJobLedgerGrain : IGrainWithStringKey
{
    /// <summary>Jobs, newest first. A job whose process died shows as failed with JobInterrupted.</summary>
    [Alias("List"), Requires(VaultRole.BackupReader, AccessScope.Vault)]
    Task<Page<JobSummary>> ListAsync(JobQuery query);

    /// <summary>One job.</summary>
    /// <exception cref="Errors.VaultException">JobNotFound.</exception>
    [Alias("Get"), Requires(VaultRole.BackupReader, AccessScope.Vault)]
    Task<JobSummary> GetAsync(Guid jobId);
}

/// <summary>Which jobs to list; null matches all.</summary>
[GenerateSerializer, Immutable, Alias("rv.JobQuery")]
public sealed record JobQuery([property: Id(0)] JobStatus? Status, [property: Id(1)] string? Operation, [property: Id(2)] PageRequest Page);
