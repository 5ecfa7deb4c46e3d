using Orleans.Concurrency;
using RecoveryVault.Access;

namespace RecoveryVault.Jobs;

/// <summary>What the grain that runs a job knows of it: an item of its backups, a vault of its changes of key.</summary>
[GrainsOnly, Alias("rv.IRunningJobs")]
public interface IRunningJobs : IGrainWithStringKey
{
    /// <summary>How far a job is, from memory; null when it does not run here. Interleaves: the job itself may hold the turn.</summary>
    [AlwaysInterleave, Alias("FindProgress")]
    Task<JobProgress?> FindProgressAsync(Guid jobId);
}

/// <summary>Stops jobs of an item.</summary>
[GrainsOnly, Alias("rv.IStoppableJobs")]
public interface IStoppableJobs : IGrainWithStringKey
{
    /// <summary>
    /// Stops a job of this item; returns when it has ended, of a reclaim when it was told. One that nothing here runs any more is ended.
    /// </summary>
    [Alias("StopJob")]
    Task StopJobAsync(Guid jobId);
}
