using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Storage;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Storage;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Reclaim;

/// <summary>
/// Every storage call of a reclaim, its record's writes among them, fails once in every way, and the process dies around every one of them.
/// The calls are counted by a run without faults, so a new step cannot be forgotten.
/// </summary>
public sealed class ReclaimFaultTests(ITestOutputHelper output)
{
    private const int Length = 12_000;

    /// <summary>What every protocol must bear, and objects of which only the beginning arrives.</summary>
    private static readonly Fault[] Faults = [.. Fault.Everywhere, new Fault.Torn(100), new Fault.Torn(5000)];

    public static TheoryData<int> FaultNumbers => [.. Enumerable.Range(0, Faults.Length)];

    [Fact]
    public async Task Reclaim_WithoutFaults_CondemnsBeforeItDeletes()
    {
        var (inner, stage) = await PrepareAsync();
        var store = new FaultyBlobStore(inner);

        await (await stage.ReopenAsync(store)).ReclaimAsync();

        string[] steps =
        [
            .. store
                .Calls.Where(c => BlobCalls.Writes.HasFlag(c.Call))
                .Select(c => $"{c.Call} {c.Name.Split('/')[0]}")
                .Aggregate(new List<string>(), (all, step) => all.LastOrDefault() == step && !IsRecord(step) ? all : [.. all, step]),
        ];
        Assert.Equal(
            [
                "Put grainstate", // the slot
                "Delete manifests", // of purged points
                "Put grainstate", // unneeded packs condemned
                "Delete packs",
                "Delete damaged",
                "Put index",
                "Delete index",
                "Put grainstate", // confirmed
                "Put packs",
                "Put index",
                "Put grainstate", // moved packs condemned
                "Delete packs",
                "Delete index", // the run had named nothing else any more
                "Put grainstate",
                "Delete manifests",
                "Delete heads",
                "Put grainstate", // the slot given back
            ],
            steps
        );
    }

    [Theory]
    [MemberData(nameof(FaultNumbers))]
    public async Task Reclaim_AnyStorageStepGoesWrong_LosesNothingAndLeaksNothing(int number)
    {
        var fault = Faults[number];
        // Every other fault in the other suite: what a step may break does not depend on it.
        var hasSecondLayer = number % 2 == 1;
        var (calm, calmStage) = await PrepareAsync(hasSecondLayer);
        var counting = new FaultyBlobStore(calm);
        await (await calmStage.ReopenAsync(counting)).ReclaimAsync();
        var calls = fault is Fault.Torn ? BlobCalls.Put : BlobCalls.Any;
        var expected = await FinishAsync(await calmStage.ReopenAsync(calm));
        var steps = counting.Calls.Count(c => calls.HasFlag(c.Call) && IsTearable(fault, c.Name));

        for (var step = 0; step < steps; step++)
            await FailAtAsync(fault, calls, step, expected, hasSecondLayer);

        output.WriteLine($"{fault}: {steps} crash points");
        Assert.InRange(steps, fault is Fault.Torn ? 3 : 40, 100);
    }

    private static async Task FailAtAsync(Fault fault, BlobCalls calls, int step, (long Packs, long Bytes) expected, bool hasSecondLayer)
    {
        var (inner, stage) = await PrepareAsync(hasSecondLayer);
        var faulty = new FaultyBlobStore(inner).Inject(fault, calls, step, name => IsTearable(fault, name));
        try
        {
            await (await stage.ReopenAsync(faulty)).ReclaimAsync();
        }
        catch (Exception e) when (e is VaultException or BlobStoreException or SimulatedCrashException or OrleansException)
        {
            // It may end anywhere.
        }
        try
        {
            await BringBackAsync(await stage.ReopenAsync(await StoredDamage.CopyAsync(inner)));
            var next = await stage.ReopenAsync(inner);
            await next.AssertRestoresAsync();
            Assert.Equal(expected, await FinishAsync(next));
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"After {fault} at step {step}: {e.Message}", e);
        }
    }

    /// <summary>
    /// The trap: content that was purged comes back in the next backup while the reclaim that died, or seemed to, goes on and deletes
    /// all it has condemned.
    /// </summary>
    private static async Task BringBackAsync(ReclaimStage next)
    {
        var condemned = next.Record.CondemnedPacks;
        await next.BackUpAsync(ReclaimStage.Files(Length, 1, 2, 3, 7));
        foreach (var pack in condemned)
            await next.Store.DeleteAsync(ItemBlobs.Pack(ItemStage.Key.ItemId, pack.ToString()));
        await next.AssertRestoresAsync();
        await next.ReclaimAsync();
        await next.AssertRestoresAsync();
        await next.AssertNoStaleRunsAsync();
    }

    /// <summary>A backup of something new, a reclaim: what is stored then does not depend on what happened before.</summary>
    private static async Task<(long Packs, long Bytes)> FinishAsync(ReclaimStage next)
    {
        await next.BackUpAsync(ReclaimStage.Files(Length, 9));
        await next.AssertRestoresAsync();
        await next.ReclaimAsync();
        await next.AssertRestoresAsync();
        await next.AssertNoStaleRunsAsync();
        Assert.Null(next.Record.Condemned);
        Assert.Equal(next.Points.Count, (await next.Store.ListNamesAsync("manifests/")).Count);
        Assert.Empty(await next.Store.ListNamesAsync("damaged/"));
        return ((await next.PacksAsync()).Count, await next.PackBytesAsync());
    }

    /// <summary>The record is written whole or not at all by every store; an object under a fresh name might not be.</summary>
    private static bool IsTearable(Fault fault, string name) =>
        fault is not Fault.Torn || !name.StartsWith("grainstate/", StringComparison.Ordinal);

    /// <summary>
    /// One of everything there is to reclaim: a pack nobody needs, one marked as damaged, one of a dead session, one that is mostly
    /// dead, and what a commit left that never happened.
    /// </summary>
    private static async Task<(MemoryBlobStore Store, ReclaimStage Stage)> PrepareAsync(bool hasSecondLayer = false)
    {
        var store = new MemoryBlobStore();
        var stage = await ReclaimStage.CreateAsync(store, hasSecondLayer);
        // Two packs in one run: what only the backup's beginning stored is in no file.
        await stage.BackUpAsync(ReclaimStage.Files(Length, 1, 2, 3, 4), besides: ItemStage.Noise(50, 5000));
        var first = await stage.PacksAsync();
        await stage.BackUpAsync(ReclaimStage.Files(Length, 7));
        var unneeded = (await stage.PacksAsync()).Except(first).Single();
        var faulty = new FaultyBlobStore(store).Inject(
            new Fault.CrashAfter(),
            BlobCalls.Put,
            names: n => n.StartsWith("heads/", StringComparison.Ordinal)
        );
        await Assert.ThrowsAsync<SimulatedCrashException>(async () =>
            await (await stage.ReopenAsync(faulty)).BackUpAsync(ReclaimStage.Files(Length, 8))
        );
        stage = await stage.ReopenAsync(store);
        await stage.BackUpAsync(ReclaimStage.Files(Length, 4, 5));
        stage.Purge(1);
        stage.Purge(2);
        await store.PutTextAsync(unneeded.Replace("packs/", "damaged/", StringComparison.Ordinal), "");
        return (store, stage);
    }

    /// <summary>The slot, what is condemned and its end are each a step of its own.</summary>
    private static bool IsRecord(string step) => step.EndsWith("grainstate", StringComparison.Ordinal);
}
