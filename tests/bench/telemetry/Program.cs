// What watching the store costs: reads of one small blob of a store on disk, straight, through ObservedBlobStore with nobody listening,
// and with a listener, by turns in one run. usage: telemetry DIRECTORY [ROUNDS]; prints medians in microseconds and their ratios.
using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using RecoveryVault.Storage;
using RecoveryVault.Telemetry;

const int Reads = 2000;
var rounds = args.Length > 1 ? int.Parse(args[1], null) : 15;
var direct = new FileBlobStore(args[0], TimeProvider.System, new FileBlobStoreOptions { CreateIfMissing = true });
var observed = new ObservedBlobStore(direct, TimeProvider.System);
await direct.PutAsync("bench/one", new ReadOnlySequence<byte>(new byte[4096]), PutCondition.Always);

var (straight, silent, heard) = (new List<double>(), new List<double>(), new List<double>());
for (var round = -3; round < rounds; round++)
{
    var times = (await MeasureAsync(direct), await MeasureAsync(observed), await ListenedAsync());
    if (round < 0)
        continue;
    straight.Add(times.Item1);
    silent.Add(times.Item2);
    heard.Add(times.Item3);
}
Console.WriteLine($"straight            {Median(straight):0.00} us");
Console.WriteLine($"nobody listening    {Median(silent):0.00} us, ratio {Median(silent) / Median(straight):0.000}");
Console.WriteLine($"a metrics listener  {Median(heard):0.00} us, ratio {Median(heard) / Median(straight):0.000}");

async Task<double> ListenedAsync()
{
    using var listener = new MeterListener();
    listener.InstrumentPublished = (instrument, l) =>
    {
        if (instrument.Meter.Name == VaultMeter.Name)
            l.EnableMeasurementEvents(instrument);
    };
    listener.Start();
    return await MeasureAsync(observed);
}

static async Task<double> MeasureAsync(IBlobStore store)
{
    var started = Process.GetCurrentProcess().TotalProcessorTime;
    for (var i = 0; i < Reads; i++)
        await store.GetAsync("bench/one");
    return (Process.GetCurrentProcess().TotalProcessorTime - started).TotalMicroseconds / Reads;
}

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
