using RecoveryVault.Errors;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Reclaim;

/// <summary>What a reclaim of one item deletes and what it never does.</summary>
public sealed class ItemReclaimTests : IAsyncLifetime
{
    /// <summary>Thirty chunks: the catalogue names them itself, without list nodes.</summary>
    private const int Large = 30_000;

    private readonly MemoryBlobStore _store = new();
    private ReclaimStage _stage = null!;

    public async Task InitializeAsync() => _stage = await ReclaimStage.CreateAsync(_store);

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("packs/", ErrorCodes.DataMissing)]
    [InlineData("manifests/", ErrorCodes.DataMissing)]
    [InlineData("heads/", null)]
    public async Task Reclaim_LivePointCannotBeRead_DeletesNothing(string lost, string? code)
    {
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1));
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 2));
        _stage.Purge(1);
        foreach (var name in await _store.ListNamesAsync(lost))
            await _store.DeleteAsync(name);
        var before = await StoredAsync();

        if (code is null)
        {
            // The newest heads are in the record: nothing is lost with their blobs.
            await _stage.ReclaimAsync();
            return;
        }
        await BackupSessionTests.RefusedAsync(code, _stage.ReclaimAsync);

        Assert.Equal(before, await StoredAsync());
        Assert.Null(_stage.Record.Condemned);
        Assert.Null(_stage.Record.Slot);
    }

    [Fact]
    public async Task Reclaim_CatalogueNodeDamaged_DeletesNothing()
    {
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1));
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 2));
        _stage.Purge(1);
        // A catalogue's one node comes after the content in the pack that its backup wrote.
        foreach (var pack in await _stage.PacksAsync())
            await StoredDamage.FlipAsync(_store, pack, Large + 700);
        var before = await _stage.PacksAsync();

        await Assert.ThrowsAsync<VaultException>(_stage.ReclaimAsync);

        Assert.Equal(before, await _stage.PacksAsync());
    }

    [Fact]
    public async Task Reclaim_NothingPurged_ChangesNothing()
    {
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1, 2));
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1, 3));
        var before = await _store.ListNamesAsync("");

        var report = await _stage.ReclaimAsync();

        Assert.Equal(before, await _store.ListNamesAsync(""));
        Assert.Equal((2, 0, 0), (report.LivePoints, report.PacksDeleted, report.BytesFreed));
        await _stage.AssertRestoresAsync();
    }

    [Fact]
    public async Task Reclaim_PointPurged_DeletesItsPacksAndNamesThemNowhere()
    {
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1));
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 2));
        _stage.Purge(1);
        var before = await _stage.PackBytesAsync();

        var report = await _stage.ReclaimAsync();

        Assert.Equal((1, 0), (report.PacksDeleted, report.PacksRepacked));
        Assert.Equal(before - await _stage.PackBytesAsync(), report.BytesFreed);
        Assert.Single(await _stage.PacksAsync());
        Assert.Single(await _store.ListNamesAsync("manifests/"));
        Assert.Null(_stage.Record.Condemned);
        await _stage.AssertNoStaleRunsAsync();
        await _stage.AssertRestoresAsync();
    }

    [Fact]
    public async Task Reclaim_MostlyDeadPack_MovesWhatIsNeeded()
    {
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1, 2, 3, 4));
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1));
        _stage.Purge(1);
        var foreseen = await _stage.ForeseeAsync();
        var before = await _stage.PackBytesAsync();

        var report = await _stage.ReclaimAsync();

        Assert.Equal((1, 1), (report.PacksRepacked, report.PacksDeleted));
        Assert.Equal(before - await _stage.PackBytesAsync(), report.BytesFreed);
        Assert.InRange(report.BytesRewritten, Large, Large + 16_384);
        Assert.Equivalent(foreseen, report, strict: true);
        await _stage.AssertNoStaleRunsAsync();
        await _stage.AssertRestoresAsync();
        Assert.Equal(0, (await _stage.ReclaimAsync()).PacksDeleted);
    }

    [Fact]
    public async Task Reclaim_DryRun_WritesNothing()
    {
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1, 2, 3));
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1));
        _stage.Purge(1);
        var record = _stage.Record;
        var faulty = new FaultyBlobStore(_store);

        var report = await (await _stage.ReopenAsync(faulty)).ForeseeAsync();

        Assert.Equal(1, report.PacksRepacked);
        Assert.Equal(0, faulty.Count(BlobCalls.Writes));
        Assert.Same(record, _stage.Record);
    }

    [Fact]
    public async Task Reclaim_PackHalfNeeded_IsLeftAlone()
    {
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1, 2, 3));
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1, 2));
        _stage.Purge(1);

        Assert.Equal(0, (await _stage.ReclaimAsync()).PacksDeleted);
    }

    [Fact]
    public async Task Reclaim_SmallPacks_AreNotMovedAgainAndAgain()
    {
        // Each pack is a few hundred bytes in 4 KiB: mostly padding, and none of it dead.
        for (var seed = 1; seed <= 4; seed++)
            await _stage.BackUpAsync(ReclaimStage.Files(100, seed));

        Assert.Equal(0, (await _stage.ReclaimAsync()).PacksDeleted);
    }

    [Fact]
    public async Task Reclaim_PacksOfDeadSessions_AreFreed()
    {
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1));
        await using (var session = await _stage.Item.OpenBackupAsync())
        {
            await ItemStage.SendAsync(session, ReclaimStage.Files(Large, 9));
            await session.FinishAsync();
        }
        foreach (var run in (await _store.ListNamesAsync("index/")).Skip(1))
            await _store.DeleteAsync(run);

        var report = await _stage.ReclaimAsync();

        Assert.Equal(1, report.PacksDeleted);
        await _stage.AssertRestoresAsync();
    }

    [Fact]
    public async Task Reclaim_SomebodyReads_DeletionWaitsAndTheNextDoesIt()
    {
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1));
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 2));
        _stage.Purge(1);
        _stage.HasReaders = true;

        var waiting = await _stage.ReclaimAsync();

        Assert.Equal((0, 1), (waiting.PacksDeleted, waiting.PacksWaiting));
        Assert.NotNull(waiting.WaitingFor);
        Assert.Equal(2, (await _stage.PacksAsync()).Count);
        Assert.Single(_stage.Record.CondemnedPacks);

        _stage.HasReaders = false;
        Assert.Equal(1, (await _stage.ForeseeAsync()).PacksDeleted);
        Assert.Equal(1, (await _stage.ReclaimAsync()).PacksDeleted);
        Assert.Empty(_stage.Record.CondemnedPacks);
        await _stage.AssertRestoresAsync();
    }

    [Fact]
    public async Task Backup_ChunkInCondemnedPack_IsStoredAgain()
    {
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1));
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 2));
        _stage.Purge(1);
        _stage.HasReaders = true;
        await _stage.ReclaimAsync();

        // The pack is still there, and whoever condemned it may wake up at any moment and delete it.
        var back = await _stage.BackUpAsync(ReclaimStage.Files(Large, 1));
        var condemned = _stage.Record.CondemnedPacks;
        await _store.DeleteAsync(RecoveryVault.Items.ItemBlobs.Pack(ItemStage.Key.ItemId, condemned[0].ToString()));

        Assert.InRange(back.BytesNew, Large, 2 * Large);
        await _stage.AssertRestoresAsync();
        _stage.HasReaders = false;
        await _stage.ReclaimAsync();
        await _stage.AssertRestoresAsync();
        await _stage.AssertNoStaleRunsAsync();
    }

    [Fact]
    public async Task Restore_PackMovedMeanwhile_LooksAgainAndGoesOn()
    {
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1, 2, 3, 4));
        var head = await _stage.BackUpAsync(ReclaimStage.Files(Large, 1));
        await using var session = await _stage.Item.OpenRestoreAsync();
        var root = (await session.ReadManifestAsync(head.Manifest, head.HeadHash)).Catalogue;
        _stage.Purge(1);
        Assert.Equal(1, (await _stage.ReclaimAsync()).PacksRepacked);

        var (content, error) = await ItemStage.ReadAsync(session, [root.Node]);

        Assert.Null(error);
        Assert.Equal(root.Node.Length, content.Length);
    }

    [Fact]
    public async Task Reclaim_ContentMissing_GoesOnAndSaysSo()
    {
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1));
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1, 2));
        var packs = await _stage.PacksAsync();
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1, 2, 3));
        var third = (await _stage.PacksAsync()).Except(packs).Single();
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1, 2, 3, 4));
        _stage.Purge(1);
        _stage.Purge(2);
        _stage.Purge(3);
        await _store.DeleteAsync(third);

        var report = await _stage.ReclaimAsync();

        Assert.Equal(Large / ItemStage.ChunkLength, report.ChunksMissing);
        Assert.Equal(ErrorCodes.DataMissing, Assert.Single(report.Warnings).Code);
        var restored = await _stage.Item.RestoreAsync(_stage.Points[4].Head);
        Assert.Equal(ErrorCodes.DataMissing, restored["file-3"].Error);
        Assert.Null(restored["file-4"].Error);
    }

    [Fact]
    public async Task Reclaim_IndexLost_ReadsFootersAndFreesTheSame()
    {
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1, 2, 3));
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 3, 4));
        _stage.Purge(1);
        foreach (var run in await _store.ListNamesAsync("index/"))
            await _store.DeleteAsync(run);

        var report = await _stage.ReclaimAsync();

        Assert.Equal(1, report.PacksRepacked);
        await _stage.AssertRestoresAsync();
        await _stage.AssertNoStaleRunsAsync();
    }

    [Fact]
    public async Task Reclaim_DamageInMostlyDeadPack_KeepsThePackAndMovesTheRest()
    {
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1, 2, 3, 4));
        var damaged = Assert.Single(await _stage.PacksAsync());
        await _stage.BackUpAsync(ReclaimStage.Files(Large, 1));
        _stage.Purge(1);
        await StoredDamage.FlipAsync(_store, damaged, 200);

        var report = await _stage.ReclaimAsync();

        Assert.Equal(0, report.PacksDeleted);
        Assert.Single(await _store.ListNamesAsync("damaged/"));
        var again = await _stage.BackUpAsync(ReclaimStage.Files(Large, 1));
        await _stage.Item.AssertRestoresAsync(again, ReclaimStage.Files(Large, 1));
        await _stage.AssertRestoresAsync();
        await _stage.ReclaimAsync();
        await _stage.AssertRestoresAsync();
        Assert.Empty(await _store.ListNamesAsync("damaged/"));
    }

    [Fact]
    public async Task Reclaim_LeftoversOfCommitsThatNeverHappened_GoWhenTheChainHasPassedThem()
    {
        await _stage.BackUpAsync(ReclaimStage.Files(100, 1));
        var faulty = new FaultyBlobStore(_store).Inject(
            new Fault.CrashAfter(),
            BlobCalls.Put,
            names: n => n.StartsWith("heads/", StringComparison.Ordinal)
        );
        await Assert.ThrowsAsync<SimulatedCrashException>(async () =>
            await (await _stage.ReopenAsync(faulty)).BackUpAsync(ReclaimStage.Files(100, 2))
        );
        Assert.Equal((2, 2), await CountAsync());

        // Number 2 might still be a commit's that is under way somewhere: it stays.
        Assert.Equal(0, (await _stage.ReclaimAsync()).LeftoversDeleted);
        await _stage.BackUpAsync(ReclaimStage.Files(100, 3));
        Assert.Equal((3, 3), await CountAsync());

        Assert.Equal(2, (await _stage.ReclaimAsync()).LeftoversDeleted);
        Assert.Equal((2, 2), await CountAsync());
        await _stage.AssertRestoresAsync();
    }

    private async Task<List<string>> StoredAsync() => [.. await _store.ListNamesAsync("packs/"), .. await _store.ListNamesAsync("index/")];

    private async Task<(int Manifests, int Heads)> CountAsync() =>
        ((await _store.ListNamesAsync("manifests/")).Count, (await _store.ListNamesAsync("heads/")).Count);
}
