namespace RecoveryVault.Tests.Rotation.Scale;

/// <summary>A clock that stands still until somebody has it go on to its next timer.</summary>
internal sealed class SimulatedTime(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<(Timer Timer, long Version), (long Due, long Order)> _due = new();
    private long _now;
    private long _order;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public TimeSpan Elapsed => TimeSpan.FromTicks(Interlocked.Read(ref _now));

    /// <summary>The last timer that fired was a grain's own: what it sets going is nobody's activity until its turn comes.</summary>
    public bool HasWokenGrain { get; private set; }

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => start + Elapsed;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state, isOfGrain: TaskScheduler.Current is not Simulation);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Fires the next timer, at its time; false when there is none until then, and it is then.</summary>
    public bool GoOn(TimeSpan until)
    {
        while (true)
        {
            Timer timer;
            lock (_gate)
            {
                if (!_due.TryPeek(out var next, out var at) || at.Due > until.Ticks)
                {
                    _now = Math.Max(_now, until.Ticks);
                    return false;
                }
                _due.Dequeue();
                if (next.Timer.Version != next.Version)
                    continue;
                _now = Math.Max(_now, at.Due);
                timer = next.Timer;
                Enqueue(timer, timer.Period);
            }
            timer.Fire();
            HasWokenGrain = timer.IsOfGrain && timer.Period == Timeout.InfiniteTimeSpan;
            return true;
        }
    }

    private void Enqueue(Timer timer, TimeSpan due)
    {
        if (due != Timeout.InfiniteTimeSpan && due >= TimeSpan.Zero && !(due == TimeSpan.Zero && timer.Period == due))
            _due.Enqueue((timer, ++timer.Version), (_now + due.Ticks, _order++));
        else
            timer.Version++;
    }

    private sealed class Timer(SimulatedTime owner, TimerCallback callback, object? state, bool isOfGrain) : ITimer
    {
        public bool IsOfGrain { get; } = isOfGrain;

        public long Version { get; set; }

        public TimeSpan Period { get; private set; } = Timeout.InfiniteTimeSpan;

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._gate)
            {
                Period = period > TimeSpan.Zero ? period : Timeout.InfiniteTimeSpan;
                owner.Enqueue(this, dueTime);
                return true;
            }
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
