using RecoveryVault.Errors;
using RecoveryVault.Items;

namespace RecoveryVault.Backups;

/// <summary>
/// How often a backup or restore may begin again whose silo was lost: a bounded number of sessions, and a bounded time without any. What
/// the lost one had stored is found, so each comes further than the one before.
/// </summary>
internal sealed class SessionRestarts(TimeSpan patience, TimeProvider time)
{
    /// <summary>Sessions of one backup or restore.</summary>
    public const int MaxSessions = 10;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(8);

    private readonly Lock _gate = new();
    private int _sessions;
    private TimeSpan _delay = FirstDelay;
    private long? _lostAt;

    /// <summary>What the latest session found in the source: it may have been committed, and its answer lost.</summary>
    public BackupStatistics? LastRead { get; set; }

    /// <summary>A session was opened.</summary>
    public void Opened()
    {
        lock (_gate)
            (_sessions, _delay, _lostAt, IsNews) = (_sessions + 1, FirstDelay, null, true);
    }

    /// <summary>Whether to begin again after that, as far as can be said; counts the time from the first such loss on.</summary>
    public bool Allows(Exception cause)
    {
        lock (_gate)
        {
            if (patience == TimeSpan.Zero || _sessions >= MaxSessions || !IsLoss(cause))
                return false;
            _lostAt ??= time.GetTimestamp();
            return time.GetElapsedTime(_lostAt.Value) < patience;
        }
    }

    /// <summary>Whether that is the first failure since a session was open: the others of an outage say nothing new.</summary>
    public bool IsNews { get; private set; } = true;

    /// <summary>Waits, a little longer each time.</summary>
    public async Task PauseAsync(CancellationToken cancellation)
    {
        IsNews = false;
        await Task.Delay(BusyWait.DelayOf(_delay, 0, BusyWait.Chance()), time, cancellation);
        _delay = _delay * 2 < LongestDelay ? _delay * 2 : LongestDelay;
    }

    /// <summary>A slot that is taken may be the lost session's own: the cluster needs a while to know that its silo is dead.</summary>
    private bool IsLoss(Exception cause) =>
        cause is VaultException { Code: ErrorCodes.SessionLost or ErrorCodes.ClusterUnavailable or ErrorCodes.JobInterrupted }
        || (_sessions > 0 && cause is VaultException { Code: ErrorCodes.BackupInProgress });
}
