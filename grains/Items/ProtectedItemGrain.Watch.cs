using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;

namespace RecoveryVault.Items;

public sealed partial class ProtectedItemGrain
{
    /// <summary>A session nobody has used for that long is taken for abandoned: its client is gone.</summary>
    public static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan WatchPeriod = TimeSpan.FromMinutes(1);

    private IGrainTimer? _watch;

    /// <summary>While sessions are open the activation stays, and those whose client is gone are ended.</summary>
    private void WatchSessions() =>
        _watch ??= this.RegisterGrainTimer(
            EndIdleSessionsAsync,
            new GrainTimerCreationOptions(WatchPeriod, WatchPeriod) { KeepAlive = true }
        );

    private async Task EndIdleSessionsAsync()
    {
        if (
            _cell.Current?.Slot is { } slot
            && slot.Owner == _parts.Liveness.Self
            && _parts.Sessions.Find<BackupSession>(slot.SessionId) is { } backup
            && IsIdle(backup.LastUsedAt)
        )
        {
            var row = ErrorTable.Find(ErrorCodes.SessionLost);
            await AbandonBackupAsync(
                new AbandonBackup(
                    slot.SessionId,
                    new JobError(ErrorCodes.SessionLost, $"The client was not heard of for {IdleLimit}.", row?.Fix ?? "")
                )
            );
        }
        foreach (var sessionId in _restores.Keys.ToList())
        {
            if (_parts.Sessions.Find<RestoreSession>(sessionId) is { } restore && !IsIdle(restore.LastUsedAt))
                continue;
            var error = new JobError(ErrorCodes.SessionLost, $"The client was not heard of for {IdleLimit}.", "");
            await EndRestoreAsync(new EndRestore(sessionId, JobStatus.Failed, [error], new Dictionary<string, string>()));
        }
        if (_restores.Count > 0 || _cell.Current?.Slot is not null)
            return;
        _watch?.Dispose();
        _watch = null;
    }

    private bool IsIdle(long lastUsedAt) => _parts.Time.GetElapsedTime(lastUsedAt) > IdleLimit;

    /// <summary>The sessions go with the activation: their clients begin again, and find what was stored.</summary>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        foreach (var sessionId in _restores.Keys)
            await _parts.Sessions.EndAsync(sessionId);
        if (_cell.Current?.Slot is { } slot)
            await _parts.Sessions.EndAsync(slot.SessionId);
        _parts.Deks.Evict(Key);
        await base.OnDeactivateAsync(reason, cancellationToken);
    }
}
