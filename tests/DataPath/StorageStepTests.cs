using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.DataPath;

/// <summary>
/// Every storage call of a backup fails once in every way, and the process dies around every one of them. The calls are counted by a run
/// without faults, so a new step cannot be forgotten.
/// </summary>
public sealed class StorageStepTests
{
    private static readonly Dictionary<string, byte[]> First = new() { ["kept"] = ItemStage.Noise(1, 3000) };

    private static readonly Dictionary<string, byte[]> Second = new() { ["kept"] = First["kept"], ["new"] = ItemStage.Noise(2, 2500) };

    public static TheoryData<string> Faults => [.. Fault.Everywhere.Select(f => f.GetType().Name)];

    [Fact]
    public async Task BackUp_WithoutFaults_TakesTheseSteps()
    {
        var (inner, stage) = await PrepareAsync();
        var store = new FaultyBlobStore(inner);

        await stage.Reopen(store).BackUpAsync(Second);

        string[] steps =
        [
            .. store.Calls.Where(c => c.Call is BlobCalls.Put or BlobCalls.Get).Select(c => $"{c.Call} {c.Name.Split('/')[0]}"),
        ];
        // Runs are read at the beginning; then pack → index and manifest, both read back → head, read back. The record comes after.
        Assert.Equal(
            ["Get index", "Put packs", "Put index", "Get index", "Put manifests", "Get manifests", "Put heads", "Get heads"],
            steps
        );
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task BackUp_AnyStorageStepGoesWrong_LosesAndDuplicatesNothing(string kind)
    {
        var fault = Fault.Everywhere.Single(f => f.GetType().Name == kind);
        var (counted, stage) = await PrepareAsync();
        var counting = new FaultyBlobStore(counted);
        await stage.Reopen(counting).BackUpAsync(Second);

        for (var step = 0; step < counting.Count(); step++)
            await FailAtAsync(fault, step);
    }

    private static async Task FailAtAsync(Fault fault, int step)
    {
        // Every other step in the other suite: what a step may break does not depend on it.
        var (inner, stage) = await PrepareAsync(hasSecondLayer: step % 2 == 1);
        var before = stage.Record;
        var faulty = stage.Reopen(new FaultyBlobStore(inner).Inject(fault, nth: step));
        RecoveryPointHead? acknowledged = null;
        try
        {
            acknowledged = await faulty.BackUpAsync(Second);
        }
        catch (Exception e) when (e is VaultException or BlobStoreException or SimulatedCrashException)
        {
            // Nothing was acknowledged.
        }
        Assert.Equal(acknowledged?.Seq ?? 1, faulty.Record.Newest?.Seq);

        // The next process sees the store and the record only.
        var next = faulty.Reopen(inner);
        await next.AssertRestoresAsync(before.Newest!, First);
        if (acknowledged is not null)
            await next.AssertRestoresAsync(acknowledged, Second);
        var later = await next.BackUpAsync(Second);
        await next.AssertRestoresAsync(later, Second);
        await next.AssertRestoresAsync(before.Newest!, First);
        Assert.Equal((acknowledged?.Seq ?? 1) + 1, later.Seq);
        await AssertPointsAsync(next);
        await AssertAdoptedAsync(inner, next, step);
    }

    /// <summary>Listed are exactly the committed ones, each number once, also when heads of others lie beside them.</summary>
    private static async Task AssertPointsAsync(ItemStage stage)
    {
        List<RecoveryPointHead> listed = [];
        await foreach (var head in stage.Points.ListAsync(stage.Record with { Heads = [stage.Record.Newest!] }, long.MaxValue))
            listed.Add(head);
        Assert.Equal(stage.Record.Heads.Select(h => (h.Seq, h.HeadHash)), listed.Select(h => (h.Seq, h.HeadHash)));
    }

    /// <summary>What was stored before the fault is used, not stored again: every chunk lies in one pack.</summary>
    private static async Task AssertAdoptedAsync(MemoryBlobStore store, ItemStage stage, int step)
    {
        using var secrets = stage.OpenSecrets();
        HashSet<RecoveryVault.Format.ChunkId> seen = [];
        await foreach (var pack in store.ListAllAsync("packs/"))
        {
            var (_, frames) = await RecoveryVault.DataPath.SealedObjects.ReadFooterAsync(store, pack.Name, pack.Length, secrets);
            Assert.All(frames, frame => Assert.True(seen.Add(frame.ChunkId), $"a chunk was stored twice after a fault at step {step}"));
        }
    }

    private static async Task<(MemoryBlobStore Store, ItemStage Stage)> PrepareAsync(bool hasSecondLayer = false)
    {
        var store = new MemoryBlobStore();
        var stage = new ItemStage(store) { HasSecondLayer = hasSecondLayer };
        await stage.BackUpAsync(First);
        return (store, stage);
    }
}
