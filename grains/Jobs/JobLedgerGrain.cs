using RecoveryVault.Errors;
using RecoveryVault.Vaults;

namespace RecoveryVault.Jobs;

/// <summary>Shows a vault's jobs and ends those whose process is gone.</summary>
[GrainType("job-ledger")]
public sealed class JobLedgerGrain(JobLedger ledger, SiloLiveness liveness, TimeProvider time) : Grain, IJobLedgerGrain
{
    /// <summary>
    /// A filter that matches little must not hold a call longer than callers wait: the page then ends early and says where to go on.
    /// </summary>
    private const int MaxLooked = 1000;

    private VaultId VaultId => VaultId.Parse(this.GetPrimaryKeyString());

    public async Task<Page<JobSummary>> ListAsync(JobQuery query)
    {
        var count = Math.Clamp(query.Page.Count, 1, PageRequest.MaxCount);
        Guid? after = query.Page.After is { } text ? ParsePosition(text) : null;
        List<JobSummary> jobs = [];
        PageRoom room = default;
        var looked = 0;
        await foreach (var job in ledger.ListAsync(VaultId, after))
        {
            var summary = (await EndIfInterruptedAsync(job)).ToSummary();
            if (Matches(query, summary))
            {
                jobs.Add(summary);
                room.Take(summary.ErrorDetails.SelectMany(e => new[] { e.Code, e.Message, e.Recommendation }));
                room.Take(summary.Properties.SelectMany(p => new[] { p.Key, p.Value }));
            }
            if (jobs.Count == count || room.IsFull || ++looked == MaxLooked)
                return new Page<JobSummary>(jobs, summary.JobId.ToString());
        }
        return new Page<JobSummary>(jobs, null);
    }

    private static Guid ParsePosition(string after) =>
        Guid.TryParse(after, out var jobId)
            ? jobId
            : throw new VaultException(ErrorCodes.InvalidRequest, $"'{after}' is no position in a list of jobs.");

    private static bool Matches(JobQuery query, JobSummary job) =>
        (query.Status is not { } status || job.Status == status)
        && (query.Operation is not { } operation || string.Equals(job.Operation, operation, StringComparison.OrdinalIgnoreCase));

    public async Task<JobSummary> GetAsync(Guid jobId)
    {
        var job = await ledger.FindAsync(VaultId, jobId) ?? throw new VaultException(ErrorCodes.JobNotFound, $"There is no job {jobId}.");
        return (await EndIfInterruptedAsync(job)).ToSummary();
    }

    private async Task<JobRecord> EndIfInterruptedAsync(JobRecord job)
    {
        if (job.End is not null || liveness.IsAlive(job.Start.Owner))
            return job;
        // What a job of the vault itself did may be durable though its end was not written: the vault knows, and writes it now.
        await Journal.BestEffortAsync(() => GrainFactory.GetGrain<IVaultCreation>(this.GetPrimaryKeyString()).FindAsync());
        if (await ledger.FindAsync(VaultId, job.Start.JobId) is { End: not null } settled)
            return settled;
        var row = ErrorTable.Find(ErrorCodes.JobInterrupted);
        var end = JobEnd.Failed(time.GetUtcNow(), new JobError(ErrorCodes.JobInterrupted, row?.Cause ?? "", row?.Fix ?? ""));
        // When this was noticed is not when the job ended, but no later time is known; the first end written stands.
        await Journal.BestEffortAsync(() => ledger.EndAsync(VaultId, job.Start.JobId, end));
        return await ledger.FindAsync(VaultId, job.Start.JobId) is { End: not null } ended ? ended : job with { End = end };
    }
}
