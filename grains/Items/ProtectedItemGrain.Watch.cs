using RecoveryVault.DataPath;
using RecoveryVault.Jobs;

namespace RecoveryVault.Items;

public sealed partial class ProtectedItemGrain
{
    /// <summary>
    /// A session nobody has used for that long is taken for abandoned: a client that lives says something every 20 seconds, however slow
    /// what it reads or writes.
    /// </summary>
    public static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(90);

    /// <summary>A reclaim has no client; a step of it may be one slow read or write of the store.</summary>
    private static readonly TimeSpan StallLimit = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan WatchPeriod = TimeSpan.FromSeconds(15);

    private (IGrainTimer Timer, SessionWatch Watch)? _watch;

    /// <summary>While sessions are open the activation stays, and those whose client is gone are ended.</summary>
    private void WatchSessions()
    {
        if (_watch is not null)
            return;
        var watch = new SessionWatch(WatchPeriod, _parts.Time);
        var timer = this.RegisterGrainTimer(
            () => EndIdleSessionsAsync(watch),
            new GrainTimerCreationOptions(WatchPeriod, WatchPeriod) { KeepAlive = true }
        );
        _watch = (timer, watch);
    }

    private async Task EndIdleSessionsAsync(SessionWatch watch)
    {
        watch.Look();
        var error = SessionLost($"The client was not heard of for {IdleLimit}.");
        foreach (var sessionId in _backups.Keys.ToList())
        {
            if (_parts.Sessions.Find<BackupSession>(sessionId) is not { } backup || watch.IsSilent(backup.LastUsedAt, IdleLimit))
                await AbandonBackupAsync(new AbandonBackup(sessionId, error));
        }
        foreach (var sessionId in _restores.Keys.ToList())
        {
            if (_parts.Sessions.Find<RestoreSession>(sessionId) is not { } restore || watch.IsSilent(restore.LastUsedAt, IdleLimit))
                await EndRestoreAsync(new EndRestore(sessionId, JobStatus.Failed, [error], new Dictionary<string, string>()));
        }
        // Nobody needs to watch a reclaim; one that does not get on any more must not hold the slot for ever.
        if (_reclaim is { IsRunning: true } reclaim && watch.IsSilent(reclaim.Session.Counters.LastStepAt, StallLimit))
            reclaim.Session.Stop();
        if (_restores.Count + _backups.Count > 0 || _reclaim is { IsRunning: true })
            return;
        _watch?.Timer.Dispose();
        _watch = null;
    }

    /// <summary>The sessions go with the activation: their clients begin again, and find what was stored.</summary>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // A silo that stops is dead to the next one, which then takes the slot over; otherwise it must be given back, or nobody could.
        if (reason.ReasonCode != DeactivationReasonCode.ShuttingDown)
        {
            foreach (var sessionId in _backups.Keys.ToList())
                await Journal.BestEffortAsync(() => AbandonBackupAsync(new AbandonBackup(sessionId, SessionLost("Its host moved."))));
            if (_reclaim is { IsRunning: true } reclaim)
            {
                reclaim.Session.Stop();
                await reclaim.Ended.Task;
            }
        }
        Guid[] reclaims = _reclaim is { } last ? [last.Ticket.SessionId] : [];
        foreach (var sessionId in _restores.Keys.Concat(_backups.Keys).Concat(reclaims).ToList())
            await _parts.Sessions.EndAsync(sessionId);
        _parts.Deks.Evict(Key);
        await base.OnDeactivateAsync(reason, cancellationToken);
    }
}
