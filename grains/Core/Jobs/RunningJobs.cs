using System.Collections.Concurrent;

namespace RecoveryVault.Jobs;

/// <summary>The jobs that run in this process.</summary>
public sealed class RunningJobs(TimeProvider time)
{
    private readonly ConcurrentDictionary<Guid, RunningJob> _jobs = [];

    public void Start(Guid jobId, string operation) => _jobs.TryAdd(jobId, new RunningJob(operation, time));

    /// <summary>Null when it runs elsewhere, or has ended.</summary>
    public RunningJob? Find(Guid jobId) => _jobs.GetValueOrDefault(jobId);

    public void Forget(Guid jobId) => _jobs.TryRemove(jobId, out _);
}
