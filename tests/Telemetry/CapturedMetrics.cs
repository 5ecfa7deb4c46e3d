using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using RecoveryVault.Telemetry;

namespace RecoveryVault.Tests.Telemetry;

/// <summary>Every measurement of every meter of this process with its attributes.</summary>
internal sealed class CapturedMetrics : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<(string Meter, string Name, string Tag, string Value), byte> _tags = new();
    private readonly ConcurrentDictionary<(string Meter, string Name), byte> _heard = new();

    public CapturedMetrics()
    {
        _listener.InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument);
        _listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Hear(instrument, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, _, tags, _) => Hear(instrument, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Hear(instrument, tags));
        _listener.Start();
    }

    /// <summary>Everything, as text.</summary>
    public string Text => string.Join('\n', Heard.Concat(_tags.Keys.Select(t => $"{t.Meter} {t.Name} {t.Tag}={t.Value}")));

    /// <summary>Names of instruments that said something.</summary>
    public IEnumerable<string> Heard => _heard.Keys.Select(k => k.Name);

    /// <summary>Attributes of our own meters.</summary>
    public IEnumerable<(string Name, string Tag, string Value)> OurTags =>
        from tag in _tags.Keys
        where tag.Meter.StartsWith(VaultMeter.Name, StringComparison.Ordinal)
        select (tag.Name, tag.Tag, tag.Value);

    public void Observe() => _listener.RecordObservableInstruments();

    public void Dispose() => _listener.Dispose();

    private void Hear(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        _heard.TryAdd((instrument.Meter.Name, instrument.Name), 0);
        foreach (var (name, value) in tags)
            _tags.TryAdd((instrument.Meter.Name, instrument.Name, name, $"{value}"), 0);
    }
}
