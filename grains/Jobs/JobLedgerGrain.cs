using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Vaults;

namespace RecoveryVault.Jobs;

/// <summary>Shows a vault's jobs and ends those whose process is gone.</summary>
[GrainType("job-ledger")]
public sealed class JobLedgerGrain(JobLedger ledger, Journal journal, SiloLiveness liveness, TimeProvider time)
    : Grain,
        IJobLedgerGrain,
        IIncomingGrainCallFilter
{
    public Task Invoke(IIncomingGrainCallContext context) => RefusedAttempts.InvokeAsync(context, journal, () => _isThere ? VaultId : null);

    /// <summary>Whether there is such a vault: of none there is a log to write to.</summary>
    private bool _isThere;

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
            // A list without tasks: they are for those who look at one job.
            var summary = (await EndIfInterruptedAsync(job)).ToSummary() with
            {
                Tasks = [],
            };
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
        var job = await FindAsync(jobId);
        return job.End is null && await FindProgressAsync(job) is { } progress ? job.ToSummary(progress) : job.ToSummary();
    }

    public async Task<JobSummary> StopAsync(Guid jobId)
    {
        _isThere = await GrainFactory.GetGrain<IVaultCreation>(this.GetPrimaryKeyString()).FindAsync() is not null;
        var job = await FindAsync(jobId);
        if (job.End is { } end)
            throw new VaultException(ErrorCodes.JobNotRunning, $"Job {jobId} is not under way: it is {end.Status}.");
        if (job.Start.ItemId is not { } itemId || !JobTasks.CanStop(job.Start.Operation))
            throw new VaultException(
                ErrorCodes.JobNotStoppable,
                $"Job {jobId} ({job.Start.Operation}) cannot be stopped without leaving something half done."
            );
        await GrainFactory.GetGrain<IStoppableJobs>(new ItemKey(VaultId, itemId).ToString()).StopJobAsync(jobId);
        return await GetAsync(jobId);
    }

    private async Task<JobRecord> FindAsync(Guid jobId) =>
        await ledger.FindAsync(VaultId, jobId) is { } job
            ? await EndIfInterruptedAsync(job)
            : throw new VaultException(ErrorCodes.JobNotFound, $"There is no job {jobId}.");

    /// <summary>Asked of the grain that runs it. Null when that cannot say: that a job runs is known all the same.</summary>
    private async Task<JobProgress?> FindProgressAsync(JobRecord job)
    {
        var grain = job.Start.ItemId is { } itemId
            ? GrainFactory.GetGrain<IRunningJobs>(GrainId.Create(GrainRecords.ItemType, new ItemKey(VaultId, itemId).ToString()))
            : GrainFactory.GetGrain<IRunningJobs>(GrainId.Create(GrainRecords.VaultType, this.GetPrimaryKeyString()));
        try
        {
            return await grain.FindProgressAsync(job.Start.JobId);
        }
        catch (Exception e) when (e is VaultException or TimeoutException)
        {
            return null;
        }
    }

    private async Task<JobRecord> EndIfInterruptedAsync(JobRecord job)
    {
        if (job.End is not null || liveness.IsAlive(job.Start.Owner))
            return job;
        // What a job did may be durable though its end was not written: the vault, or the item, knows, and writes it now.
        await Journal.BestEffortAsync(() => GrainFactory.GetGrain<IVaultCreation>(this.GetPrimaryKeyString()).FindAsync());
        if (job.Start.ItemName is { } name)
            await Journal.BestEffortAsync(() => GrainFactory.GetGrain<IVaultKeys>(this.GetPrimaryKeyString()).SettleItemAsync(name));
        if (await ledger.FindAsync(VaultId, job.Start.JobId) is { End: not null } settled)
            return settled;
        var row = ErrorTable.Find(ErrorCodes.JobInterrupted);
        var end = JobEnd.Failed(time.GetUtcNow(), new JobError(ErrorCodes.JobInterrupted, row?.Cause ?? "", row?.Fix ?? ""));
        // When this was noticed is not when the job ended, but no later time is known; the first end written stands.
        await Journal.BestEffortAsync(() => ledger.EndAsync(VaultId, job.Start.JobId, end));
        return await ledger.FindAsync(VaultId, job.Start.JobId) is { End: not null } ended ? ended : job with { End = end };
    }
}
