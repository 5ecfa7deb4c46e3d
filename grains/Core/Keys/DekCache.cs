using RecoveryVault.Items;

namespace RecoveryVault.Keys;

/// <summary>Which data key: everything that must be equal for a cached one to be the right one.</summary>
/// <param name="Commitment">Hex, as in the ring.</param>
public readonly record struct DekId(ItemKey Item, uint DekEpoch, byte Suite, string Commitment);

/// <summary>
/// Unwrapped data keys of one silo. An entry lives <see cref="TimeToLive"/> from its unwrap on the monotonic clock and is
/// renewed only by another unwrap; of simultaneous requests one unwraps. Keys are zeroed on eviction and when the silo
/// stops; callers get copies of their own.
/// </summary>
public sealed class DekCache(TimeProvider time) : IDisposable
{
    /// <summary>How long a data key may be used after the key vault last agreed.</summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromMinutes(10);

    private readonly DekMeter _meter = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<DekId, Entry> _entries = [];
    private bool _disposed;

    private sealed record Entry(string Wrap, Task<SecretBytes> Unwrap, long StartedAt);

    /// <summary>A copy of the data key, unwrapped by <paramref name="unwrap"/> unless cached; the caller disposes it.</summary>
    /// <param name="wrap">
    /// What is unwrapped. Who joins the unwrap of another wrap (a rotation came between) takes its key, but not its refusal.
    /// </param>
    public async Task<SecretBytes> LeaseAsync(DekId id, string wrap, Func<Task<SecretBytes>> unwrap)
    {
        while (true)
        {
            var entry = GetOrStart(id, wrap, unwrap);
            try
            {
                var secret = await entry.Unwrap;
                lock (_gate)
                {
                    // Evicted while we waited: what was unwrapped for others is not ours to use any more.
                    if (_entries.GetValueOrDefault(id) == entry)
                        return SecretBytes.CopyOf(secret.Span);
                }
                // Nobody copies it any more: gone before this call goes on, not some time after.
                secret.Dispose();
            }
            catch
            {
                Evict(id, entry);
                if (entry.Wrap == wrap)
                    throw;
            }
            ObjectDisposedException.ThrowIf(_disposed, this);
        }
    }

    /// <summary>Nothing is cached.</summary>
    internal bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _entries.Count == 0;
        }
    }

    /// <summary>The meter of this cache alone.</summary>
    internal System.Diagnostics.Metrics.Meter Meter => _meter.Meter;

    /// <summary>A permit for what was just leased of an item: as old as the oldest unwrap it comes from.</summary>
    public KeyPermit PermitFor(ItemKey item)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            return new KeyPermit(time, _entries.Where(e => e.Key.Item == item).Select(e => e.Value.StartedAt).Append(now).Min());
        }
    }

    /// <summary>Drops and zeroes every key of an item, at once.</summary>
    public void Evict(ItemKey item)
    {
        lock (_gate)
        {
            foreach (var (id, entry) in _entries.Where(e => e.Key.Item == item).ToList())
                Remove(id, entry, "denied");
        }
    }

    /// <summary>Drops and zeroes what is past its time.</summary>
    public void EvictExpired()
    {
        lock (_gate)
        {
            foreach (var (id, entry) in _entries.Where(e => IsExpired(e.Value)).ToList())
                Remove(id, entry, "expired");
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var (id, entry) in _entries.ToList())
                Remove(id, entry, "stopped");
        }
        _meter.Dispose();
    }

    private Entry GetOrStart(DekId id, string wrap, Func<Task<SecretBytes>> unwrap)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_entries.TryGetValue(id, out var known))
            {
                if (!IsExpired(known))
                {
                    _meter.Hit();
                    return known;
                }
                Remove(id, known, "expired");
            }
            _meter.Missed();
            var entry = new Entry(wrap, Task.Run(unwrap), time.GetTimestamp());
            _entries[id] = entry;
            return entry;
        }
    }

    private void Evict(DekId id, Entry entry)
    {
        lock (_gate)
        {
            if (_entries.GetValueOrDefault(id) == entry)
                Remove(id, entry, "failed");
        }
    }

    private bool IsExpired(Entry entry) => time.GetElapsedTime(entry.StartedAt) >= TimeToLive;

    private void Remove(DekId id, Entry entry, string reason)
    {
        _entries.Remove(id);
        _meter.Evicted(reason);
        // One still being unwrapped is zeroed as soon as it arrives; a failed unwrap has nothing to zero.
        entry.Unwrap.ContinueWith(
            t => t.Result.Dispose(),
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }
}
