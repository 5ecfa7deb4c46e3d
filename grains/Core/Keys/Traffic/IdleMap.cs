namespace RecoveryVault.Keys.Traffic;

/// <summary>
/// Things made when first asked for and forgotten when nobody has for a while, or when there are too many: the one longest unused goes.
/// Who holds one keeps it; forgetting disposes nothing.
/// </summary>
internal sealed class IdleMap<TKey, TValue>(TimeSpan idle, int most, TimeProvider time)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, (TValue Value, long UsedAt)> _known = [];
    private long _sweptAt = time.GetTimestamp();

    public int Count
    {
        get
        {
            lock (_gate)
                return _known.Count;
        }
    }

    public TValue GetOrAdd(TKey key, Func<TKey, TValue> make)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            Sweep(now);
            var value = _known.TryGetValue(key, out var found) ? found.Value : make(key);
            _known[key] = (value, now);
            if (_known.Count > most)
                _known.Remove(_known.MinBy(entry => entry.Value.UsedAt).Key);
            return value;
        }
    }

    private void Sweep(long now)
    {
        if (time.GetElapsedTime(_sweptAt, now) < idle / 4)
            return;
        _sweptAt = now;
        foreach (var (key, entry) in _known.ToList())
        {
            if (time.GetElapsedTime(entry.UsedAt, now) >= idle)
                _known.Remove(key);
        }
    }
}
