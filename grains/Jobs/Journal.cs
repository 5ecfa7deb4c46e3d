using System.Collections.Immutable;
using RecoveryVault.Access;
using RecoveryVault.Activity;
using RecoveryVault.Errors;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Jobs;

/// <summary>
/// What grains write down of what they do: a job that begins and ends, and the activity log's entry with the verified caller.
/// </summary>
public sealed class Journal(JobLedger ledger, SiloLiveness liveness, IGrainFactory grains, TimeProvider time)
{
    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Begins a job and returns its id.</summary>
    public async Task<Guid> StartAsync(VaultId vaultId, string operation, string? itemName)
    {
        var jobId = ledger.NewJobId();
        var start = new JobStart(jobId, operation, itemName, Now, Caller.Current, liveness.Self);
        try
        {
            await ledger.StartAsync(vaultId, start);
        }
        catch (Exception e) when (StoreRefusals.IsUnclear(e))
        {
            // It may be there, and nobody would ever end it: the same start again changes nothing.
            await ledger.StartAsync(vaultId, start);
        }
        return jobId;
    }

    /// <summary>True while the job has not ended and its process lives.</summary>
    public async Task<bool> IsRunningAsync(VaultId vaultId, Guid jobId) =>
        await ledger.FindAsync(vaultId, jobId) is { End: null } job && liveness.IsAlive(job.Start.Owner);

    /// <summary>True while the job runs in a process that lives, and when it has ended well.</summary>
    public async Task<bool> StandsAsync(VaultId vaultId, Guid jobId) =>
        await ledger.FindAsync(vaultId, jobId) is { } job
        && (job.End is { } end ? end.Status == JobStatus.Completed : liveness.IsAlive(job.Start.Owner));

    /// <summary>Ends a job and logs it.</summary>
    public async Task EndAsync(VaultId vaultId, Guid jobId, string logOperation, JobEnd end)
    {
        await ledger.EndAsync(vaultId, jobId, end);
        var details =
            end.Errors is [var error, ..] && end.Status == JobStatus.Failed
                ? end.Properties.SetItem("errorCode", error.Code).SetItem("error", error.Message)
                : end.Properties;
        var status = end.Status is JobStatus.Completed or JobStatus.CompletedWithWarnings ? LogStatuses.Succeeded : LogStatuses.Failed;
        await LogAsync(vaultId, logOperation, status, jobId, details);
    }

    /// <summary>Runs the rest of a job; a refusal ends it as failed and goes on to the caller.</summary>
    public async Task<T> FailOnRefusalAsync<T>(VaultId vaultId, Guid jobId, string logOperation, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (Refusals.Find(e) is { } refusal)
        {
            // What went wrong first is what the caller must hear, also when the store has no space left to keep it.
            var end = JobEnd.Failed(Now, new JobError(refusal.Code, refusal.Message, refusal.Recommendation));
            await BestEffortAsync(() => EndAsync(vaultId, jobId, logOperation, end));
            throw refusal;
        }
    }

    public Task LogAsync(
        VaultId vaultId,
        string operation,
        string status,
        Guid correlationId,
        ImmutableSortedDictionary<string, string> details
    ) => grains.GetGrain<IActivityLogWriter>(vaultId.ToString()).AppendAsync(Caller.Current, operation, status, correlationId, details);

    public Task LogAsync(VaultId vaultId, string operation, Guid correlationId, params IEnumerable<KeyValuePair<string, string>> details) =>
        LogAsync(vaultId, operation, LogStatuses.Succeeded, correlationId, details.ToImmutableSortedDictionary(StringComparer.Ordinal));

    /// <summary>For records that must not stand in the way: a restore goes on when the store has no space for them.</summary>
    public static async Task BestEffortAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (Exception e)
            when (StoreRefusals.Find(e) is { }
                || e is VaultException { Code: ErrorCodes.StoreFull or ErrorCodes.StoreUnavailable or ErrorCodes.StoreAccessDenied }
            )
        {
            // The restore itself needs nothing written; that its job is missing is the lesser harm.
        }
    }
}

/// <summary>Values of an activity entry's status.</summary>
public static class LogStatuses
{
    public const string Succeeded = nameof(Succeeded);
    public const string Failed = nameof(Failed);
}
