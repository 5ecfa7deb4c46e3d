using System.Diagnostics.Metrics;

namespace RecoveryVault.Keys;

/// <summary>What one cache of data keys does, as metrics: meter <c>RecoveryVault.DekCache</c>.</summary>
internal sealed class DekMeter : IDisposable
{
    public const string Name = "RecoveryVault.DekCache";

    private readonly Counter<long> _hits;
    private readonly Counter<long> _misses;
    private readonly Counter<long> _evictions;
    private readonly UpDownCounter<long> _keys;

    public DekMeter()
    {
        Meter = new Meter(Name);
        _hits = Meter.CreateCounter<long>("rvault.dek_cache.hits", "{lease}", "Leases that needed no unwrap of their own.");
        _misses = Meter.CreateCounter<long>("rvault.dek_cache.misses", "{lease}", "Leases that started an unwrap.");
        _evictions = Meter.CreateCounter<long>("rvault.dek_cache.evictions", "{key}", "Data keys dropped and zeroed, by reason.");
        _keys = Meter.CreateUpDownCounter<long>("rvault.dek_cache.keys", "{key}", "Data keys in memory, or being unwrapped.");
    }

    public Meter Meter { get; }

    public void Hit() => _hits.Add(1);

    public void Missed()
    {
        _misses.Add(1);
        _keys.Add(1);
    }

    /// <param name="reason">expired, denied, failed (it was never unwrapped) or stopped.</param>
    public void Evicted(string reason)
    {
        _evictions.Add(1, new KeyValuePair<string, object?>("rvault.dek_cache.reason", reason));
        _keys.Add(-1);
    }

    public void Dispose() => Meter.Dispose();
}
