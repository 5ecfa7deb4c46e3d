using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace RecoveryVault.Tests.Keys.Traffic;

/// <summary>What the meters said, as "instrument tag tag", of whatever the test wants to hear.</summary>
internal sealed class HeardMetrics : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string Said, double Value)> _heard = new();

    /// <param name="isWanted">Which instruments.</param>
    /// <param name="host">Only what is tagged with it; null: all.</param>
    public HeardMetrics(Func<Instrument, bool> isWanted, string? host = null)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (isWanted(instrument))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Hear(instrument, value, tags, host));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Hear(instrument, value, tags, host));
        _listener.Start();
    }

    public double Sum(string said) => _heard.Where(h => h.Said == said).Sum(h => h.Value);

    public int Count(string said) => _heard.Count(h => h.Said == said);

    public void Dispose() => _listener.Dispose();

    private void Hear(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, string? host)
    {
        var all = tags.ToArray();
        if (host is not null && !all.Any(t => t.Key == "server.address" && Equals(t.Value, host)))
            return;
        var rest = all.Where(t => t.Key != "server.address").Select(t => $" {t.Value}");
        _heard.Enqueue((instrument.Name + string.Concat(rest), value));
    }
}
