using RecoveryVault.DataPath;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Reclaim;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Records;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Reclaim;

/// <summary>
/// One item that is backed up and reclaimed without grains, its record in the same store and changed through the cell the grain has. What
/// a process has in memory is made anew by <see cref="ReopenAsync"/>.
/// </summary>
internal sealed class ReclaimStage : IDisposable
{
    private static readonly GrainId Grain = GrainId.Parse("item/1");

    private readonly RecordCell<ItemRecord> _cell;

    private ReclaimStage(IBlobStore store, bool hasSecondLayer)
    {
        Item = new ItemStage(store) { HasSecondLayer = hasSecondLayer };
        _cell = new RecordCell<ItemRecord>(
            new StoredState<ItemRecord>(StorageSamples.Open(store, serializer: new RecordSerializer()), Grain)
        );
    }

    public void Dispose() => _cell.Dispose();

    public ItemStage Item { get; }

    /// <summary>Numbers of purged recovery points.</summary>
    public HashSet<long> Purged { get; private init; } = [];

    /// <summary>Whether somebody reads, and since before the last condemnation.</summary>
    public bool HasReaders { get; set; }

    public IBlobStore Store => Item.Store;

    public ItemRecord Record => Item.Record;

    /// <summary>All acknowledged points that are not purged, with what they hold.</summary>
    public Dictionary<long, (RecoveryPointHead Head, Dictionary<string, byte[]> Content)> Points { get; private init; } = [];

    public static async Task<ReclaimStage> CreateAsync(IBlobStore store, bool hasSecondLayer = false)
    {
        var stage = new ReclaimStage(store, hasSecondLayer);
        var first = stage.Record;
        await stage.UpdateAsync(_ => first);
        return stage;
    }

    /// <summary>The next process: it sees what is stored, on this store, and nothing else.</summary>
    public async Task<ReclaimStage> ReopenAsync(IBlobStore store)
    {
        var stage = new ReclaimStage(store, Item.HasSecondLayer) { Purged = [.. Purged], Points = Points.ToDictionary() };
        await stage._cell.ReadAsync();
        stage.Item.Record = stage._cell.Current!;
        return stage;
    }

    private async Task UpdateAsync(Func<ItemRecord, ItemRecord> change) =>
        Item.Record = await _cell.UpdateAsync(current => change(current!));

    /// <param name="content">Files.</param>
    /// <param name="besides">A chunk that is stored in a pack of its own and that no file has.</param>
    public async Task<RecoveryPointHead> BackUpAsync(Dictionary<string, byte[]> content, byte[]? besides = null)
    {
        var slot = await TakeSlotAsync(WriterKind.Backup);
        await using var session = await Item.OpenBackupAsync();
        if (besides is not null)
        {
            await ItemStage.PutAsync(session, besides);
            await session.FlushAsync(default);
        }
        var root = await ItemStage.SendAsync(session, content);
        var head = await Item.CommitAsync(session, slot, root);
        await UpdateAsync(r => r.Commit(slot.SessionId, head));
        Points[head.Seq] = (head, content);
        return head;
    }

    public void Purge(long seq)
    {
        Purged.Add(seq);
        Points.Remove(seq);
    }

    public async IAsyncEnumerable<RecoveryPointHead> ListLiveAsync()
    {
        await foreach (var head in Item.Points.ListAsync(Record, long.MaxValue))
        {
            if (!Purged.Contains(head.Seq))
                yield return head;
        }
    }

    /// <summary>A whole reclaim under the writer slot, as the grain runs it.</summary>
    public async Task<ReclaimReport> ReclaimAsync()
    {
        var slot = await TakeSlotAsync(WriterKind.Reclaim);
        using var secrets = Item.OpenSecrets();
        try
        {
            await PurgeManifestsAsync();
            return await Reclaim(secrets, slot.SessionId).RunAsync(Record, ListLiveAsync(), isDryRun: false, default);
        }
        finally
        {
            await UpdateAsync(r => r.ReleaseSlot(slot.SessionId));
        }
    }

    /// <summary>As purging does, which comes first.</summary>
    private async Task PurgeManifestsAsync()
    {
        foreach (var manifest in await Store.ListNamesAsync(ItemBlobs.Manifests(ItemStage.Key.ItemId)))
        {
            if (Purged.Contains(AuthenticatedRecords.SequenceOf(manifest)))
                await Store.DeleteAsync(manifest);
        }
    }

    public async Task<ReclaimReport> ForeseeAsync()
    {
        using var secrets = Item.OpenSecrets();
        return await Reclaim(secrets, Guid.NewGuid()).RunAsync(Record, ListLiveAsync(), isDryRun: true, default);
    }

    /// <summary>A slot whose earlier owner, if any, is dead.</summary>
    public async Task<WriterSlot> TakeSlotAsync(WriterKind kind)
    {
        var slot = new WriterSlot(Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), "me", default) { Kind = kind };
        await UpdateAsync(r => r.TakeSlot(slot, _ => false));
        return slot;
    }

    private ItemReclaim Reclaim(RecoveryVault.Keys.ItemSecrets secrets, Guid sessionId) =>
        new(
            new ReclaimParts(Store, Item.Records, Item.Gate),
            secrets,
            new ReclaimLedger(
                packs => UpdateAsync(r => r.Condemn(sessionId, packs)),
                packs => UpdateAsync(r => r.ConfirmDeleted(sessionId, packs)),
                () => Task.FromResult(HasReaders),
                () => Task.FromResult(HasReaders)
            ),
            new ReclaimCounters(Item.Time)
        );

    /// <summary>Every recovery point that is not purged restores bit for bit.</summary>
    public async Task AssertRestoresAsync()
    {
        foreach (var (head, content) in Points.Values)
            await Item.AssertRestoresAsync(head, content);
    }

    public async Task<IReadOnlyList<string>> PacksAsync() => await Store.ListNamesAsync("packs/");

    public async Task<long> PackBytesAsync()
    {
        var bytes = 0L;
        await foreach (var pack in Store.ListAllAsync("packs/"))
            bytes += pack.Length;
        return bytes;
    }

    /// <summary>No run names a pack that is not there.</summary>
    public async Task AssertNoStaleRunsAsync()
    {
        using var secrets = Item.OpenSecrets();
        var packs = (await PacksAsync()).ToHashSet();
        foreach (var name in await Store.ListNamesAsync("index/"))
        {
            var body = await SealedObjects.FindAsync(Store, name, ObjectType.IndexRun, secrets, IndexRun.MaxLength);
            Assert.All(IndexRun.Decode(body).Packs, p => Assert.Contains(ItemBlobs.Pack(ItemStage.Key.ItemId, p.PackId.ToString()), packs));
        }
    }

    /// <summary>Content of some files, the same for the same seeds.</summary>
    public static Dictionary<string, byte[]> Files(int length, params int[] seeds) =>
        seeds.ToDictionary(seed => $"file-{seed}", seed => ItemStage.Noise(seed, length));
}
