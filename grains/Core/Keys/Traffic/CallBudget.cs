namespace RecoveryVault.Keys.Traffic;

/// <summary>
/// The token bucket of one key vault: in any ten seconds at most so many units go out, whoever of this process asks. Who finds it empty
/// waits, in the order of coming; a key vault that says when to come back is not asked before. What yields leaves half of the burst to
/// those who come after it.
/// </summary>
/// <param name="unitsPerWindow">What ten seconds may hold, at least <see cref="SmallestBudget"/>.</param>
/// <param name="firstPause">After a 429 that does not say when to come back; doubled with each further one, sixteenfold at most.</param>
/// <param name="time">The monotonic clock counts.</param>
public sealed class CallBudget(int unitsPerWindow, TimeSpan firstPause, TimeProvider time)
{
    /// <summary>The window of Key Vault's documented limits.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <summary>A quarter of this may be asked for at once.</summary>
    public const int SmallestBudget = 4 * CallWeights.Heaviest;

    private readonly Lock _gate = new();

    // A quarter of the budget at once and the other three refilled over the window: no window sees more than the whole.
    private readonly double _burst = unitsPerWindow / 4d;
    private readonly double _perSecond = unitsPerWindow * 0.75 / Window.TotalSeconds;

    private double _left = unitsPerWindow / 4d;
    private long _countedAt = time.GetTimestamp();
    private long _haltedUntil = long.MinValue;
    private int _halts;
    private int _refusals;

    /// <summary>Takes units, waiting for them if they can be had within <paramref name="patience"/>; else takes none.</summary>
    /// <returns>How long it waited; null when it would have been too long.</returns>
    public async ValueTask<TimeSpan?> TakeAsync(int units, TimeSpan patience, CancellationToken cancellation = default)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var (wait, halts) = Reserve(units, patience - time.GetElapsedTime(started));
            if (wait is null)
                return null;
            if (wait > TimeSpan.Zero)
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.Value.TotalMilliseconds)), time, cancellation);
            lock (_gate)
            {
                // Halted meanwhile: what was reserved before counts no more.
                if (_halts == halts)
                    return time.GetElapsedTime(started);
            }
        }
    }

    /// <summary>The key vault answered 429: nothing goes out until then, and the bucket is empty then.</summary>
    /// <param name="retryAfter">What it asked for; null: it did not say.</param>
    public void Halt(TimeSpan? retryAfter)
    {
        lock (_gate)
        {
            _refusals = Math.Min(_refusals + 1, 5);
            var pause = retryAfter ?? firstPause * (1 << (_refusals - 1));
            var until = time.GetTimestamp() + (long)(pause.TotalSeconds * time.TimestampFrequency);
            if (until <= _haltedUntil)
                return;
            (_haltedUntil, _countedAt, _left) = (until, until, 0);
            _halts++;
        }
    }

    /// <summary>The key vault answered something else than 429.</summary>
    public void Answered()
    {
        lock (_gate)
            _refusals = 0;
    }

    private (TimeSpan? Wait, int Halts) Reserve(int units, TimeSpan patience)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (now > _countedAt)
            {
                _left = Math.Min(_burst, _left + (time.GetElapsedTime(_countedAt, now).TotalSeconds * _perSecond));
                _countedAt = now;
            }
            var halt = now < _haltedUntil ? time.GetElapsedTime(now, _haltedUntil) : TimeSpan.Zero;
            // Below zero is what others wait for already.
            var missing = units - _left + (CallPriority.IsYielding ? _burst / 2 : 0);
            var wait = halt + (missing > 0 ? TimeSpan.FromSeconds(missing / _perSecond) : TimeSpan.Zero);
            if (wait > patience)
                return (null, _halts);
            _left -= units;
            return (wait, _halts);
        }
    }
}
