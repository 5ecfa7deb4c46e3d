namespace RecoveryVault.Reclaim;

/// <summary>How far a reclaim is, for whoever watches; safe for concurrent use.</summary>
public sealed class ReclaimCounters(TimeProvider time)
{
    private long _bytes;
    private long _totalBytes;
    private long _steps;
    private long _lastStepAt = time.GetTimestamp();
    private int _phase;

    public ReclaimPhase Phase => (ReclaimPhase)Volatile.Read(ref _phase);

    /// <summary>Recovery points marked, packs moved, or packs deleted in this phase.</summary>
    public long Steps => Interlocked.Read(ref _steps);

    /// <summary>Bytes handled in this phase.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>What this phase will handle; 0 when that is not known.</summary>
    public long TotalBytes => Interlocked.Read(ref _totalBytes);

    /// <summary>Timestamp of the last step, to find a reclaim that hangs.</summary>
    public long LastStepAt => Interlocked.Read(ref _lastStepAt);

    public void Enter(ReclaimPhase phase, long totalBytes = 0)
    {
        Volatile.Write(ref _phase, (int)phase);
        Interlocked.Exchange(ref _bytes, 0);
        Interlocked.Exchange(ref _steps, 0);
        Interlocked.Exchange(ref _totalBytes, totalBytes);
        Touch();
        if (phase != ReclaimPhase.Ended)
            OnStep?.Invoke(phase);
    }

    /// <summary>Part of a step is done.</summary>
    public void Add(long bytes)
    {
        Interlocked.Add(ref _bytes, bytes);
        Touch();
    }

    /// <summary>Told when a phase begins and when a step has ended.</summary>
    public Action<ReclaimPhase>? OnStep { get; set; }

    public void EndStep()
    {
        Interlocked.Increment(ref _steps);
        Touch();
        OnStep?.Invoke(Phase);
    }

    private void Touch() => Interlocked.Exchange(ref _lastStepAt, time.GetTimestamp());
}
