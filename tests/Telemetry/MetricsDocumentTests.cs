using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Access;
using RecoveryVault.Embedded;
using RecoveryVault.Keys;
using RecoveryVault.Storage;
using RecoveryVault.Telemetry;

namespace RecoveryVault.Tests.Telemetry;

/// <summary>The tables of metrics and log events say what the code defines, no more and no less.</summary>
public sealed class MetricsDocumentTests
{
    private static readonly Assembly[] Ours = [typeof(IBlobStore).Assembly, typeof(AccessFilter).Assembly, typeof(EmbeddedSilo).Assembly];

    [Fact]
    public void Metrics_InTheTable_AreThoseTheCodeDefines()
    {
        var defined = Defined().Select(i => $"{i.Name} | {i.Unit} | {KindOf(i)} | {i.Description}");

        var documented = MetricsDocument.Metrics.Select(m => $"{m.Name} | {m.Unit} | {m.Kind} | {m.Meaning}");
        Assert.Equal(defined.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Events_InTheTable_AreThoseTheCodeDefines()
    {
        var defined =
            from assembly in Ours
            from type in assembly.GetTypes()
            from method in type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            let message = method.GetCustomAttribute<LoggerMessageAttribute>()
            where message is not null
            select (message.EventId, $"{message.Level}", message.Message);

        var events = defined.Order().ToList();
        Assert.Equal(events.Count, events.Select(e => e.EventId).Distinct().Count());
        Assert.Equal(events, MetricsDocument.Events.Order());
    }

    private static List<Instrument> Defined()
    {
        List<Instrument> instruments = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name.StartsWith(VaultMeter.Name, StringComparison.Ordinal))
                    instruments.Add(instrument);
            },
        };
        // Instruments are made when first used.
        foreach (var type in Ours.SelectMany(a => a.GetTypes()).Where(HoldsInstruments))
            RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        using var cache = new DekCache(new FakeTimeProvider());
        listener.Start();
        return [.. instruments.DistinctBy(i => i.Name)];
    }

    private static bool HoldsInstruments(Type type) =>
        type.Name.EndsWith("Meter", StringComparison.Ordinal) || type == typeof(RecoveryVault.Items.OldestBackup);

    private static string KindOf(Instrument instrument) =>
        instrument.GetType().Name.Split('`')[0] switch
        {
            "ObservableGauge" => "gauge",
            var name => name.ToLowerInvariant(),
        };
}
