// What one silo takes for each vault and item, and whether that grows with their number: real grains on a store in memory that counts.
// Vaults have identity and key (so a rotation and its reminder); key vaults answer at once and reminders tick when told to, so neither
// takes time that is not the silo's. Measures at 1 %, 10 % and 100 % of the vaults, each time with the last ones made.
// usage: dotnet run -c Release --project tests/bench/capacity [-- --vaults N --items N --minutes N]  (100,000, 1,000,000; 16)
// The full count takes some 9 GB of memory, most of it the store.
// Everything is made by the grains. Where the minutes are too few for all items, later vaults get one each, and it says how many.
using System.Diagnostics;
using System.Globalization;
using RecoveryVault.Records;
using RecoveryVault.Tests.bench.capacity;
using RecoveryVault.Tests.Scale;
using RecoveryVault.Vaults;

const int Sample = 500;
var vaults = Option("--vaults", 100_000);
var items = Option("--items", 10 * vaults);
var minutes = Option("--minutes", 16);
var watch = Stopwatch.StartNew();
var source = Directory.CreateTempSubdirectory("rvault-capacity-");
try
{
    var store = new NativeBlobStore();
    var stage = await CapacityStage.CreateAsync(store);
    var place = new Place(stage);
    var filling = new Filling(place, vaults, Math.Max(1, items / vaults), TimeSpan.FromMinutes(minutes));
    Console.WriteLine($"{Environment.ProcessorCount} processors; to be made: {vaults:n0} vaults of {Math.Max(1, items / vaults)} items");
    // What is compiled at its first use does not count.
    await filling.AddAsync(Math.Clamp(vaults / 200, 1, 20), Math.Max(1, items / vaults));
    List<Figures> columns = [];
    foreach (var count in (int[])[vaults / 100, vaults / 10, vaults])
    {
        var sample = Math.Clamp(count - place.Vaults, 1, Math.Min(Sample, vaults / 200));
        await filling.ToAsync(count - sample);
        var (made, protectedItems) = await filling.AddAsync(sample, Math.Max(1, items / vaults));
        columns.Add(await new Look(place, store).TakeAsync(made, protectedItems, source.FullName));
        Console.WriteLine($"{place.Vaults:n0} vaults, {place.Items:n0} items after {watch.Elapsed:mm\\:ss}");
        if (filling.IsCutShort)
            break;
    }
    Console.WriteLine(
        $"All made by the grains: {filling.Full:n0} vaults with {items / vaults} items, {filling.Single:n0} with 1, "
            + $"{place.Vaults - filling.Full - filling.Single} with 1 that was backed up."
    );
    if (filling.IsCutShort)
        Console.WriteLine($"The {minutes} minutes were too few for all vaults: the last column is of fewer.");
    Console.WriteLine();
    Tables.Print(columns);
    Tables.PrintKinds(columns[^1]);
    await PrintFullVaultAsync(place, store);
    await stage.StopAsync();
    await PrintStartAsync(stage, columns[^1].Reminders.Rows);
    await stage.DisposeAsync();
    Console.WriteLine($"{watch.Elapsed:mm\\:ss} in all, {Environment.CpuUsage.TotalTime.TotalSeconds:n0} s of processor");
}
finally
{
    source.Delete(recursive: true);
}

// The largest vault there may be: its record names all its items.
static async Task PrintFullVaultAsync(Place place, NativeBlobStore store)
{
    const int Last = 100;
    await place.MakeVaultsAsync(1);
    var first = await place.ProtectAsync(Last);
    await place.ProtectAsync(VaultRecord.MaxItems - (2 * Last), first: Last);
    var last = await place.ProtectAsync(Last, first: VaultRecord.MaxItems - Last);
    var record = store
        .All()
        .Where(blob => blob.Name.StartsWith(GrainRecords.AllVaultBlobs, StringComparison.Ordinal))
        .Max(blob => blob.Length);
    Console.WriteLine();
    Console.WriteLine(
        $"A vault of {VaultRecord.MaxItems:n0} items: its record has {record:n0} bytes; the first {Last} items took "
            + $"{first.ProcessorMilliseconds:n2} ms, {first.Each(s => s.Puts):n1} puts and {first.Each(s => s.Written) / 1e3:n1} KB each, "
            + $"the last {last.ProcessorMilliseconds:n2} ms, {last.Each(s => s.Puts):n1} puts and {last.Each(s => s.Written) / 1e3:n1} KB."
    );
}

// A silo that knows nothing finds all vaults' reminders.
static async Task PrintStartAsync(CapacityStage stage, int rows)
{
    var (before, cpu, start) = (GC.GetTotalMemory(forceFullCollection: true), Environment.CpuUsage.TotalTime, Stopwatch.StartNew());
    var uses = await stage.CountAsync(stage.StartAsync);
    var (wall, processor) = (start.Elapsed, Environment.CpuUsage.TotalTime - cpu);
    var memory = GC.GetTotalMemory(forceFullCollection: true) - before;
    Console.WriteLine();
    Console.WriteLine(
        $"A silo starts and finds {rows:n0} reminders: {wall.TotalSeconds:n1} s, {processor.TotalSeconds:n1} s of processor, "
            + $"{uses.All.Calls:n0} calls of the store, {uses.All.Read / 1e6:n0} MB read, {memory / 1e6:n0} MB of memory."
    );
}

int Option(string name, int otherwise)
{
    var at = Array.IndexOf(args, name);
    return at < 0 ? otherwise : int.Parse(args[at + 1], CultureInfo.InvariantCulture);
}
