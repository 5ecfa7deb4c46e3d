namespace RecoveryVault.DevKeyVault.Limits;

/// <summary>
/// Key Vault's limits on transactions: so many in ten seconds for each key vault, weighted by kind and size of key, and enforced on the
/// sum. A refused transaction does not count.
/// </summary>
internal sealed class ServiceLimits(LimitSettings settings, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long StartedAt, double Used)> _windows = new(StringComparer.OrdinalIgnoreCase);
    private LimitSettings _settings = settings;

    /// <summary>Setting them forgets what was used.</summary>
    public LimitSettings Settings
    {
        get
        {
            lock (_gate)
                return _settings;
        }
        set
        {
            lock (_gate)
            {
                _settings = value;
                _windows.Clear();
            }
        }
    }

    /// <summary>Counts a transaction of which a window holds <paramref name="limit"/>.</summary>
    /// <returns>Null when it may go on; otherwise when the key vault's window ends.</returns>
    public TimeSpan? Take(string vaultName, int limit)
    {
        lock (_gate)
        {
            if (!_settings.Enabled)
                return null;
            var window = TimeSpan.FromSeconds(_settings.WindowSeconds);
            var now = time.GetTimestamp();
            if (!_windows.TryGetValue(vaultName, out var current) || time.GetElapsedTime(current.StartedAt, now) >= window)
                current = (now, 0);
            var used = current.Used + (1 / (limit * _settings.Scale));
            // The sum of so many thousandths is not exactly one.
            if (used > 1 + 1e-9)
                return window - time.GetElapsedTime(current.StartedAt, now);
            _windows[vaultName] = (current.StartedAt, used);
            return null;
        }
    }
}
