using System.Diagnostics;
using RecoveryVault.Tests.Scale;

namespace RecoveryVault.Tests.bench.capacity;

/// <summary>What something took: wall time, processor time of the whole process, and what it asked of the store.</summary>
internal sealed record Taken(long Count, TimeSpan Wall, TimeSpan Processor, StoreUses Store)
{
    public double ProcessorMilliseconds => Processor.TotalMilliseconds / Count;

    public double PerSecond => Count / Wall.TotalSeconds;

    public static Taken operator +(Taken a, Taken b) =>
        new(a.Count + b.Count, a.Wall + b.Wall, a.Processor + b.Processor, a.Store + b.Store);

    public double Each(Func<StoreUse, long> what) => what(Store.All) / (double)Count;
}

/// <summary>Vaults and items being made in one silo, and what it costs.</summary>
internal sealed class Place(CapacityStage stage)
{
    private const int AtOnce = 8;

    private readonly List<NamedVault> _latest = [];

    public int Vaults { get; private set; }

    public long Items { get; private set; }

    /// <summary>Vaults that were made in the last call.</summary>
    public IReadOnlyList<NamedVault> Latest => _latest;

    public CapacityStage Stage => stage;

    public static string NameOf(int vault) => $"vault-{vault:d6}";

    public async Task<Taken> MakeVaultsAsync(int count)
    {
        var made = new NamedVault[count];
        var first = Vaults;
        var taken = await MeasureAsync(
            count,
            () => EachAsync(count, async i => made[i] = await stage.MakeVaultAsync(NameOf(first + i), first + i))
        );
        _latest.Clear();
        _latest.AddRange(made);
        Vaults += count;
        return taken;
    }

    /// <summary>Protects as many items in each of the vaults that were made last.</summary>
    public async Task<Taken> ProtectAsync(int each, string path = "/srv/data", int first = 0)
    {
        var taken = await MeasureAsync(
            _latest.Count * each,
            () =>
                EachAsync(
                    _latest.Count,
                    async i =>
                    {
                        for (var item = first; item < first + each; item++)
                            await CapacityStage.ProtectAsync(_latest[i], $"item-{item:d4}", path);
                    }
                )
        );
        Items += _latest.Count * each;
        return taken;
    }

    public async Task<Taken> MeasureAsync(long count, Func<Task> work)
    {
        var (wall, processor) = (TimeSpan.Zero, TimeSpan.Zero);
        var uses = await stage.CountAsync(async () =>
        {
            var (watch, before) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
            await work();
            (wall, processor) = (watch.Elapsed, Environment.CpuUsage.TotalTime - before);
        });
        return new Taken(count, wall, processor, uses);
    }

    public static Task EachAsync(int count, Func<int, Task> work) =>
        Parallel.ForEachAsync(
            Enumerable.Range(0, count),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (i, _) => await work(i)
        );
}
