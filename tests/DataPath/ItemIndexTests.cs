using RecoveryVault.DataPath;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.DataPath;

public sealed class ItemIndexTests
{
    private readonly MemoryBlobStore _store = new();

    [Fact]
    public async Task Load_RunsDeleted_ChunksAreFoundInFooters()
    {
        var stage = new ItemStage(_store);
        var content = Content(1);
        var head = await stage.BackUpAsync(content);
        await DeleteAllAsync("index/");

        await stage.AssertRestoresAsync(head, content);
        var again = await stage.BackUpAsync(content);

        Assert.Equal(0, again.BytesNew);
        Assert.NotEmpty(await _store.ListNamesAsync("index/"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(200)]
    [InlineData(2000)]
    public async Task Load_DamagedRun_IsReplacedByTheNextBackup(int flippedByte)
    {
        var stage = new ItemStage(_store);
        var content = Content(1);
        var head = await stage.BackUpAsync(content);
        var run = Assert.Single(await _store.ListNamesAsync("index/"));
        await StoredDamage.FlipAsync(_store, run, flippedByte);

        await stage.AssertRestoresAsync(head, content);
        var again = await stage.BackUpAsync(content);

        Assert.Equal(0, again.BytesNew);
        Assert.DoesNotContain(run, await _store.ListNamesAsync("index/"));
        await stage.AssertRestoresAsync(again, content);
    }

    [Fact]
    public async Task Load_ForeignBlobsAmongPacksAndRuns_AreIgnored()
    {
        var stage = new ItemStage(_store);
        await _store.PutTextAsync($"{ItemBlobs.Packs(ItemStage.Key.ItemId)}/readme", "hello");
        await _store.PutTextAsync($"{ItemBlobs.Pack(ItemStage.Key.ItemId, new string('0', 64))}", "no pack");
        await _store.PutTextAsync($"{ItemBlobs.IndexRuns(ItemStage.Key.ItemId)}/readme", "hello");

        var head = await stage.BackUpAsync(Content(1));

        await stage.AssertRestoresAsync(head, Content(1));
    }

    [Fact]
    public async Task Save_ManyRuns_AreMerged()
    {
        var stage = new ItemStage(_store);
        List<(RecoveryPointHead Head, int Seed)> heads = [];

        for (var seed = 1; seed <= ItemIndex.MaxRuns + 3; seed++)
            heads.Add((await stage.BackUpAsync(Content(seed)), seed));

        Assert.InRange((await _store.ListNamesAsync("index/")).Count, 1, ItemIndex.MaxRuns);
        foreach (var (head, seed) in heads)
            await stage.AssertRestoresAsync(head, Content(seed));
    }

    [Fact]
    public async Task Save_MergeDiesAnywhere_KeepsEveryChunk()
    {
        var stage = new ItemStage(_store);
        for (var seed = 1; seed <= ItemIndex.MaxRuns; seed++)
            await stage.BackUpAsync(Content(seed));
        var heads = stage.Record.Heads;
        var calls = 0;
        do
        {
            var copy = await StoredDamage.CopyAsync(_store);
            var faulty = new FaultyBlobStore(copy).Inject(new Fault.CrashAfter(), BlobCalls.Writes, calls);
            var crashed = false;
            try
            {
                await stage.Reopen(faulty).BackUpAsync(Content(100));
            }
            catch (SimulatedCrashException)
            {
                crashed = true;
            }
            var next = stage.Reopen(copy);
            foreach (var head in heads)
                await next.AssertRestoresAsync(head, Content((int)head.Seq));
            if (!crashed)
                break;
        } while (++calls < 100);

        // Pack, run, merged run, the deletion of each superseded run, manifest, head.
        Assert.Equal(3 + ItemIndex.MaxRuns + 1 + 2, calls);
    }

    [Fact]
    public async Task Save_MergeCannotDelete_BackupSucceeds()
    {
        var stage = new ItemStage(_store);
        for (var seed = 1; seed <= ItemIndex.MaxRuns; seed++)
            await stage.BackUpAsync(Content(seed));
        var faulty = new FaultyBlobStore(_store).Inject(new Fault.Fail(), BlobCalls.Delete);

        var head = await stage.Reopen(faulty).BackUpAsync(Content(100));

        await stage.AssertRestoresAsync(head, Content(100));
    }

    [Fact]
    public async Task Save_ChunkHealedAfterItsPackWasLost_MergeKeepsTheGoodPlace()
    {
        var stage = new ItemStage(_store);
        var content = Content(1);
        // The lost pack's run is the longest and comes last when runs are merged.
        await stage.BackUpAsync(new Dictionary<string, byte[]>(content) { ["more"] = ItemStage.Noise(50, 20_000) });
        await DeleteAllAsync("packs/");
        var healed = await stage.BackUpAsync(content);
        Assert.InRange(healed.BytesNew, content.Values.Sum(c => c.Length), 5000);

        for (var seed = 2; seed <= ItemIndex.MaxRuns + 3; seed++)
            await stage.BackUpAsync(Content(seed));

        await stage.AssertRestoresAsync(healed, content);
    }

    [Fact]
    public async Task Save_ConcurrentCalls_ReturnWhenAllIsWritten()
    {
        var reached = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        var store = new FaultyBlobStore(_store).Inject(
            new Fault.First(async () =>
            {
                reached.SetResult();
                await go.Task;
            }),
            BlobCalls.Put,
            names: name => name.StartsWith("index/", StringComparison.Ordinal)
        );
        using var secrets = new ItemStage().OpenSecrets();
        using var index = await ItemIndex.LoadAsync(store, secrets);
        index.Add(new IndexedPack(ObjectId.Create(), 1, ObjectSuite.OneLayer, 0), 4096, [Frame(1)]);
        var first = index.SaveAsync();
        await reached.Task;

        var second = index.SaveAsync();

        // A commit must not overtake the checkpoint that took its chunks along.
        Assert.False(second.IsCompleted);
        go.SetResult();
        await Task.WhenAll(first, second);
        Assert.Equal((1, 0), (index.RunCount, index.UnsavedCount));
    }

    [Fact]
    public async Task Save_RunWithManyChunks_Keeps56BytesOfEach()
    {
        using var secrets = new ItemStage().OpenSecrets();
        using var index = await ItemIndex.LoadAsync(_store, secrets);
        const int Chunks = 20_000;
        index.Add(
            new IndexedPack(ObjectId.Create(), 1, ObjectSuite.OneLayer, 0),
            1 << 27,
            Enumerable.Range(1, Chunks).Select(i => Frame(i))
        );

        await index.SaveAsync();

        Assert.Equal(0, index.UnsavedCount);
        var run = Assert.Single(await _store.ListNamesAsync("index/"));
        var body = await SealedObjects.FindAsync(_store, run, ObjectType.IndexRun, secrets, IndexRun.MaxLength);
        Assert.Equal(8 + 44 + (56 * Chunks), body!.Length);
    }

    private static FrameEntry Frame(int number) =>
        new((uint)number, new ChunkId(new Bytes32(0, (UInt128)number)), 128 + ((uint)number * 100), 100, 84, PayloadCodec.Raw);

    private static Dictionary<string, byte[]> Content(int seed) => new() { ["file"] = ItemStage.Noise(seed, 3500) };

    private async Task DeleteAllAsync(string prefix)
    {
        foreach (var name in await _store.ListNamesAsync(prefix))
            await _store.DeleteAsync(name);
    }
}
