namespace RecoveryVault.Reclaim;

/// <summary>How a store is reclaimed.</summary>
public sealed record ReclaimOptions
{
    /// <summary>Only finds out what would be done; nothing is written.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Told of each item when it is done.</summary>
    public Action<ReclaimedItem>? OnItem { get; init; }

    /// <summary>Counts while it runs.</summary>
    public ReclaimWatch Watch { get; init; } = new();
}

/// <summary>How far a reclaim of a store is; safe for concurrent use.</summary>
public sealed class ReclaimWatch
{
    private readonly Lock _gate = new();
    private ReclaimProgress? _last;
    private long _steps;
    private long _bytes;

    /// <summary>Recovery points marked, packs moved, objects deleted so far.</summary>
    public long Steps
    {
        get
        {
            lock (_gate)
                return _steps + (_last?.Steps ?? 0);
        }
    }

    /// <summary>Bytes read, moved or deleted so far.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
                return _bytes + (_last?.Bytes ?? 0);
        }
    }

    /// <summary>Progress of the item under way; the counts of a phase begin at zero.</summary>
    internal void Report(ReclaimProgress progress)
    {
        lock (_gate)
        {
            if (_last is { } last && (progress.Phase != last.Phase || progress.Steps < last.Steps || progress.Bytes < last.Bytes))
                (_steps, _bytes) = (_steps + last.Steps, _bytes + last.Bytes);
            _last = progress;
        }
    }
}
