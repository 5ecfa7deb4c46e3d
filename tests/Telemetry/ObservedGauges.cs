using System.Diagnostics.Metrics;
using RecoveryVault.Telemetry;

namespace RecoveryVault.Tests.Telemetry;

/// <summary>What the gauges of the meter <c>RecoveryVault</c> say now, by "instrument tag".</summary>
internal sealed class ObservedGauges : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, double> _values = [];

    public ObservedGauges()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == VaultMeter.Name && instrument.IsObservable)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>-1 when it says nothing.</summary>
    public double this[string name]
    {
        get
        {
            _values.Clear();
            _listener.RecordObservableInstruments();
            return _values.GetValueOrDefault(name, -1);
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var name = instrument.Name;
        foreach (var (_, said) in tags)
            name += $" {said}";
        _values[name] = value;
    }
}
