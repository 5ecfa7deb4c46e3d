using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;

namespace RecoveryVault;

public sealed partial class VaultClient
{
    /// <summary>How often <see cref="WaitForJobAsync"/> looks.</summary>
    private static readonly TimeSpan JobLook = TimeSpan.FromSeconds(1);

    /// <summary>Returns when a job has ended, however it did.</summary>
    /// <param name="vault">The vault.</param>
    /// <param name="jobId">Which job.</param>
    /// <param name="patience">How long to wait; null: for ever.</param>
    /// <param name="report">Told of each look.</param>
    /// <param name="cancellation">Ends the waiting, not the job.</param>
    /// <exception cref="VaultException">JobNotFound; JobStillRunning: it had not ended by then.</exception>
    public async Task<JobSummary> WaitForJobAsync(
        NamedVault vault,
        Guid jobId,
        TimeSpan? patience = null,
        Action<JobSummary>? report = null,
        CancellationToken cancellation = default
    )
    {
        for (var started = time.GetTimestamp(); ; )
        {
            var job = await vault.Jobs.GetAsync(jobId);
            report?.Invoke(job);
            if (job.Status is not (JobStatus.InProgress or JobStatus.Cancelling))
                return job;
            var left = patience is { } limit ? limit - time.GetElapsedTime(started) : JobLook;
            if (left <= TimeSpan.Zero)
                throw new VaultException(ErrorCodes.JobStillRunning, $"Job {jobId} has not ended after {patience?.TotalSeconds:0} s.");
            await Task.Delay(left < JobLook ? left : JobLook, time, cancellation);
        }
    }

    /// <summary>
    /// What the caller of a session's work should hear: why the session ended, which its job says: somebody stopped it, its key was
    /// revoked, its client was not heard of.
    /// </summary>
    private async Task<Exception> ExplainAsync(IProtectedItemGrain item, Guid? jobId, Exception cause, CancellationToken cancellation)
    {
        var isLost = cause is OperationCanceledException or VaultException { Code: ErrorCodes.SessionLost };
        if (!isLost || cancellation.IsCancellationRequested)
            return cause;
        return await FindEndAsync(item, jobId)
            ?? (cause is VaultException ? cause : new VaultException(ErrorCodes.SessionLost, "The session ended while it was worked for."));
    }

    /// <summary>Null when nobody ended it, or nobody knows.</summary>
    private async Task<VaultException?> FindEndAsync(IProtectedItemGrain item, Guid? jobId)
    {
        if (jobId is not { } id)
            return null;
        try
        {
            var job = await Open(ItemKey.Parse(item.GetPrimaryKeyString()).VaultId).Jobs.GetAsync(id);
            return job.Status switch
            {
                JobStatus.Cancelling or JobStatus.Cancelled => new VaultException(
                    ErrorCodes.JobCancelled,
                    $"Job {id} was stopped by somebody else."
                ),
                JobStatus.Failed when job.ErrorDetails is [var error, ..] => new VaultException(
                    error.Code,
                    error.Message,
                    error.Recommendation
                ),
                _ => null,
            };
        }
        catch (VaultException)
        {
            return null;
        }
    }
}
