using RecoveryVault.Jobs;
using RecoveryVault.Reclaim;

namespace RecoveryVault.Items;

public sealed partial class ProtectedItemGrain
{
    public Task<JobProgress?> FindProgressAsync(Guid jobId) => Task.FromResult(Journal.Running.Find(jobId)?.Look());

    /// <summary>False when the session is here no more: whoever works for it can stop.</summary>
    public Task<bool> ReportProgressAsync(ReportProgress progress)
    {
        var jobId =
            _restores.TryGetValue(progress.SessionId, out var restore) ? restore.JobId
            : _backups.ContainsKey(progress.SessionId) && Item.Slot is { } slot && slot.SessionId == progress.SessionId ? slot.JobId
            : (Guid?)null;
        if (jobId is { } id)
            Journal.Running.Find(id)?.Report(progress.Entries, progress.Bytes, bytesTotal: progress.BytesTotal);
        return Task.FromResult(_restores.ContainsKey(progress.SessionId) || _backups.ContainsKey(progress.SessionId));
    }

    /// <summary>
    /// Ends the session, with it its keys, and gives the slot back. Between turns: a commit under way is done first, and then there is
    /// nothing left to stop.
    /// </summary>
    public async Task StopJobAsync(Guid jobId)
    {
        Journal.Running.Find(jobId)?.Cancel();
        if (_reclaim is { IsRunning: true } reclaim && reclaim.Ticket.JobId == jobId)
            reclaim.Session.Stop();
        else if (_cell.Current?.Slot is { Kind: WriterKind.Backup } slot && slot.JobId == jobId && IsAlive(slot))
            await AbandonBackupAsync(new AbandonBackup(slot.SessionId, null));
        else if (_restores.FirstOrDefault(r => r.Value.JobId == jobId) is { Value: { } } restore)
            await EndRestoreAsync(new EndRestore(restore.Key, JobStatus.Cancelled, [], new Dictionary<string, string>()));
        else if (await Journal.FindAsync(Key.VaultId, jobId) is { End: null } orphan)
            await Journal.EndAsync(Key.VaultId, jobId, orphan.Start.Operation, Cancelled());
    }

    private JobEnd Cancelled() => JobEnd.Completed(Journal.Now) with { Status = JobStatus.Cancelled };

    /// <summary>A reclaim works beside the calls to this grain: its phases are the tasks of its job.</summary>
    private void FollowReclaim(RunningReclaim run)
    {
        if (run.Ticket.JobId is not { } jobId || Journal.Running.Find(jobId) is not { } job)
            return;
        job.Enter(JobTasks.PurgeDue);
        var counters = run.Session.Counters;
        counters.OnStep = phase =>
        {
            job.Enter(TaskOf(phase));
            job.Report(counters.Steps, counters.Bytes, bytesTotal: counters.TotalBytes);
        };
    }

    private static string TaskOf(ReclaimPhase phase) =>
        phase switch
        {
            ReclaimPhase.Marking => JobTasks.MarkNeeded,
            ReclaimPhase.Repacking => JobTasks.RepackData,
            ReclaimPhase.Deleting => JobTasks.DeletePacks,
            _ => JobTasks.PurgeDue,
        };
}
