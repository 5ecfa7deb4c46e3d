using System.Collections.Concurrent;

namespace RecoveryVault.Jobs;

/// <summary>The jobs that run in this process.</summary>
public sealed class RunningJobs(TimeProvider time)
{
    private readonly ConcurrentDictionary<Guid, RunningJob> _jobs = [];

    public void Start(Guid jobId, string operation)
    {
        if (_jobs.TryAdd(jobId, new RunningJob(operation, time)))
            JobMeter.Started(operation);
    }

    /// <summary>Null when it runs elsewhere, or has ended.</summary>
    public RunningJob? Find(Guid jobId) => _jobs.GetValueOrDefault(jobId);

    /// <summary>It has ended; false when it did not run here, or had ended before.</summary>
    public bool Forget(Guid jobId, JobEnd end)
    {
        if (!_jobs.TryRemove(jobId, out var job))
            return false;
        JobMeter.Ended(job, end);
        return true;
    }
}
