// Throughput of clusters of 1, 2 and 3 silos (real processes) with 1 to 16 items at once, against one silo embedded in a process: backup
// and restore in MB/s, what that is of the embedded silo's, and where the processor time goes. Store and sources are in memory
// (/dev/shm), so that it is the program that is measured. With node, once more with the store in Azurite, whose own processor time
// stands apart.
// usage: dotnet run -c Release --project tests/bench/cluster [-- MIB [files|azurite|all]]   (512 MiB in each measurement; all)
using System.Globalization;
using RecoveryVault.Tests.bench.cluster;

var mib = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 512;
var what = args.Length > 1 ? args[1] : "all";
int[] atOnce = [1, 2, 4, 8, 16];
var root = Directory.CreateTempSubdirectory("rvault-bench-");
if (Directory.Exists("/dev/shm"))
    root = Directory.CreateDirectory($"/dev/shm/{root.Name}");
try
{
    var sources = Sources.Make(Path.Join(root.FullName, "source"), mib, atOnce);
    Console.WriteLine($"{mib} MiB in each measurement, half of it random and half text; {Environment.ProcessorCount} processors");
    Console.WriteLine(
        "items | backup MB/s (of embedded) | restore MB/s (of embedded) | processor s/GiB backup: client, silos, store; restore"
    );
    var baseline = new Dictionary<int, (double Backup, double Restore)>();
    if (what is "files" or "all" or "azurite")
    {
        await using var embedded = await EmbeddedPlace.StartAsync(Path.Join(root.FullName, "embedded"));
        await MeasureAsync("embedded", embedded);
    }
    if (what is "files" or "all")
        await MeasureClustersAsync("files", azurite: null);
    if (what is "azurite" or "all")
    {
        await using var azurite = await Azurite.FindAsync();
        if (azurite is null)
            Console.WriteLine("azurite: left out, for there is no node, or no 'npm ci' in tests/azurite yet");
        else
            await MeasureClustersAsync("azurite", azurite);
    }

    async Task MeasureClustersAsync(string store, Azurite? azurite)
    {
        for (var silos = 1; silos <= 3; silos++)
        {
            await using var cluster = await ClusterPlace.StartAsync(Path.Join(root.FullName, $"{store}-{silos}"), silos, azurite);
            await MeasureAsync($"{silos} silo{(silos > 1 ? "s" : "")} on {store}", cluster);
        }
    }

    async Task MeasureAsync(string name, IPlace place)
    {
        Console.WriteLine(name);
        var load = new Load(place, Path.Join(root.FullName, "restored"));
        // The first one compiles and fills pools: it does not count.
        await load.RunAsync("warm", sources.Of(4));
        foreach (var items in atOnce)
        {
            var (backup, restore) = await load.RunAsync($"n{items}", sources.Of(items));
            baseline.TryAdd(items, (backup.Rate, restore.Rate));
            var (of, then) = (baseline[items], restore);
            Console.WriteLine(
                $"{items, 5} | {backup.Rate, 5:0} ({backup.Rate / of.Backup:0.00}) | {then.Rate, 5:0} ({then.Rate / of.Restore:0.00}) | {backup.Times}; {then.Times}"
            );
        }
    }
}
finally
{
    root.Delete(recursive: true);
}
