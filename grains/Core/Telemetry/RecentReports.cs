using System.Collections.Concurrent;

namespace RecoveryVault.Telemetry;

/// <summary>
/// What the grains of this silo said last, for a while: a grain that is idle says nothing, and one that is another silo's by now must not
/// be counted here for ever.
/// </summary>
internal sealed class RecentReports<TValue>(TimeSpan validity)
{
    private readonly ConcurrentDictionary<string, (TValue Value, TimeProvider Time, long At)> _reports = new(StringComparer.Ordinal);

    /// <summary>What still counts.</summary>
    public IEnumerable<TValue> Current
    {
        get
        {
            foreach (var (key, (value, time, at)) in _reports)
            {
                if (time.GetElapsedTime(at) <= validity)
                    yield return value;
                else
                    _reports.TryRemove(key, out _);
            }
        }
    }

    public TValue? Find(string key) => _reports.TryGetValue(key, out var report) ? report.Value : default;

    public void Set(string key, TValue value, TimeProvider time) => _reports[key] = (value, time, time.GetTimestamp());

    public void Remove(string key) => _reports.TryRemove(key, out _);
}
