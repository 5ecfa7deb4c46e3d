using CsCheck;
using RecoveryVault.Format;
using RecoveryVault.Reclaim;
using RecoveryVault.Storage;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Reclaim;

/// <summary>
/// Any sequence of backups, purges, reclaims, faults, lost runs and readers on a real store: every recovery point that is not purged
/// restores, and after an undisturbed reclaim there is no more than twice what is needed.
/// </summary>
public sealed class ReclaimModelTests
{
    private static readonly Gen<int[]> Seeds = Gen.Int[0, 9].Array[0, 5].Select(seeds => seeds.Distinct().ToArray());

    private static readonly Gen<Step> Steps = Gen.Frequency<Step>(
        (5, Gen.Select(Seeds, Gen.Int[0, 9000]).Select((seeds, length) => (Step)new BackUp(seeds, length))),
        (3, Gen.Int[0, 9].Select(number => (Step)new PurgeOne(number))),
        (3, Gen.Const<Step>(new ReclaimAll())),
        (
            4,
            Gen.Select(Gen.Int[0, 3], Gen.Int[0, 60], Gen.Bool)
                .Select((fault, call, isReclaim) => (Step)new Fail(Fault.Everywhere[fault], call, isReclaim))
        ),
        (1, Gen.Bool.Select(on => (Step)new Read(on))),
        (1, Gen.Const<Step>(new LoseRuns())),
        (1, Gen.Const<Step>(new Die()))
    );

    private abstract record Step;

    private sealed record BackUp(int[] Seeds, int Length) : Step;

    private sealed record PurgeOne(int Number) : Step;

    private sealed record ReclaimAll : Step;

    private sealed record Fail(Fault Fault, int Call, bool IsReclaim) : Step;

    private sealed record Read(bool On) : Step;

    private sealed record LoseRuns : Step;

    /// <summary>A session stores packs and is gone.</summary>
    private sealed record Die : Step;

    [Fact]
    public async Task NotPurged_AfterAnything_RestoresAndTheRestIsFreed() =>
        await Steps.Array[1, 30].SampleAsync(RunAsync, iter: TestScale.Iterations(25), threads: 1);

    private static async Task RunAsync(Step[] steps)
    {
        var store = new MemoryBlobStore();
        var stage = await ReclaimStage.CreateAsync(store);
        foreach (var step in steps)
            stage = await TakeAsync(stage, store, step);
        await stage.AssertRestoresAsync();
        stage.HasReaders = false;
        var foreseen = await stage.ForeseeAsync();
        var report = await stage.ReclaimAsync();
        Assert.Equivalent(foreseen, report, strict: true);
        await stage.AssertRestoresAsync();
        await AssertFreedAsync(stage, store);
        Assert.Equal(0, (await stage.ReclaimAsync()).PacksDeleted);
    }

    private static async Task<ReclaimStage> TakeAsync(ReclaimStage stage, MemoryBlobStore store, Step step)
    {
        switch (step)
        {
            case BackUp backup:
                await stage.BackUpAsync(ReclaimStage.Files(backup.Length, backup.Seeds));
                break;
            case PurgeOne purge when stage.Points.Count > 0:
                stage.Purge(stage.Points.Keys.Order().ElementAt(purge.Number % stage.Points.Count));
                break;
            case ReclaimAll:
                await stage.ReclaimAsync();
                await stage.AssertRestoresAsync();
                break;
            case Fail fail:
                return await FailAsync(stage, store, fail);
            case Read read:
                stage.HasReaders = read.On;
                break;
            case LoseRuns:
                foreach (var run in await store.ListNamesAsync("index/"))
                    await store.DeleteAsync(run);
                break;
            case Die:
                await using (var session = await stage.Item.OpenBackupAsync())
                    await ItemStage.SendAsync(session, ReclaimStage.Files(4000, 20));
                break;
        }
        return stage;
    }

    private static async Task<ReclaimStage> FailAsync(ReclaimStage stage, MemoryBlobStore store, Fail fail)
    {
        var failing = new FaultyBlobStore(store);
        var faulty = await stage.ReopenAsync(failing);
        failing.Inject(fail.Fault, nth: fail.Call);
        try
        {
            if (fail.IsReclaim)
                await faulty.ReclaimAsync();
            else
                await faulty.BackUpAsync(ReclaimStage.Files(3000, fail.Call % 10));
        }
        catch (Exception e)
            when (e is RecoveryVault.Errors.VaultException or BlobStoreException or SimulatedCrashException or OrleansException)
        {
            // Nothing was acknowledged; a recovery point may be there all the same, and is looked after like any other.
        }
        return await faulty.ReopenAsync(store);
    }

    /// <summary>Each pack that is left is at least half needed, when one leaves out what every object has besides.</summary>
    private static async Task AssertFreedAsync(ReclaimStage stage, MemoryBlobStore store)
    {
        using var secrets = stage.Item.OpenSecrets();
        var live = await LiveChunksAsync(stage);
        var frames = new List<(string Pack, long Length, FrameEntry[] Frames)>();
        await foreach (var pack in store.ListAllAsync("packs/"))
        {
            var (_, entries) = await RecoveryVault.DataPath.SealedObjects.ReadFooterAsync(store, pack.Name, pack.Length, secrets);
            frames.Add((pack.Name, pack.Length, entries));
        }
        var liveBytes = frames
            .SelectMany(f => f.Frames)
            .Where(f => live.Contains(f.ChunkId))
            .DistinctBy(f => f.ChunkId)
            .Sum(f => (long)f.SealedLength + 48);
        var bytes = frames.Sum(f => f.Length);
        Assert.InRange(bytes, liveBytes == 0 ? 0 : 4096, (long)(liveBytes / ReclaimPlan.MinLiveShare) + (frames.Count * 2 * 4096));
    }

    private static async Task<HashSet<ChunkId>> LiveChunksAsync(ReclaimStage stage)
    {
        using var secrets = stage.Item.OpenSecrets();
        HashSet<ChunkId> live = [];
        await using var session = await stage.Item.OpenRestoreAsync();
        await foreach (var head in stage.ListLiveAsync())
        {
            var manifest = await session.ReadManifestAsync(head.Manifest, head.HeadHash);
            Stack<RecoveryVault.Catalogues.NodeReference> pending = new([RecoveryVault.Catalogues.NodeReferences.Root(manifest.Catalogue)]);
            while (pending.TryPop(out var node))
            {
                live.Add(secrets.Keys.ChunkIdOf(node.Chunk.Digest));
                if (node.Marker is null)
                    continue;
                var (content, _) = await ItemStage.ReadAsync(session, [node.Chunk]);
                foreach (var next in RecoveryVault.Catalogues.NodeReferences.Of(node, content))
                    pending.Push(next);
            }
        }
        return live;
    }
}
