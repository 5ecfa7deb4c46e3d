using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Storage;

namespace RecoveryVault.DataPath;

/// <summary>Where a chunk lies.</summary>
public readonly record struct ChunkPlace(IndexedPack Pack, FrameEntry Frame);

/// <summary>
/// Where an item's chunks lie: the sealed index runs in storage, and what was added since the last of them was written.
/// Packs that no run names (their session died before its next run) are read by their footers; chunks in packs that are gone
/// are not known. Safe for concurrent use.
/// </summary>
public sealed class ItemIndex
{
    /// <summary>More runs than that are merged.</summary>
    private const int MaxRuns = 16;

    private readonly IBlobStore _store;
    private readonly ItemSecrets _secrets;
    private readonly Lock _gate = new();
    private readonly Dictionary<ChunkId, ChunkPlace> _added = [];
    private readonly Dictionary<ObjectId, long> _packLengths = [];
    private readonly List<StoredRun> _runs = [];
    private List<ChunkPlace> _unsaved = [];

    private ItemIndex(IBlobStore store, ItemSecrets secrets) => (_store, _secrets) = (store, secrets);

    private sealed record StoredRun(string Name, IndexRun Run);

    /// <summary>Loads an item's index; with <paramref name="adopt"/> also what dead sessions stored and never indexed.</summary>
    public static async Task<ItemIndex> LoadAsync(
        IBlobStore store,
        ItemSecrets secrets,
        bool adopt,
        CancellationToken cancellation = default
    )
    {
        var index = new ItemIndex(store, secrets);
        // Packs before runs: a pack that is written while we look is then at worst unknown, never taken for missing.
        await index.ListPacksAsync(cancellation);
        await index.LoadRunsAsync(cancellation);
        if (adopt)
            await index.AdoptAsync(cancellation);
        return index;
    }

    public bool TryFind(ChunkId chunkId, out ChunkPlace place)
    {
        lock (_gate)
        {
            if (_added.TryGetValue(chunkId, out place))
                return true;
            foreach (var stored in _runs)
            {
                if (!stored.Run.TryFind(chunkId, out var chunk))
                    continue;
                place = new ChunkPlace(stored.Run.Packs[chunk.PackNumber], chunk.Frame);
                if (_packLengths.ContainsKey(place.Pack.PackId))
                    return true;
            }
        }
        place = default;
        return false;
    }

    /// <summary>The stored length of a pack in bytes; null when it is gone.</summary>
    public long? PackLength(ObjectId packId)
    {
        lock (_gate)
            return _packLengths.TryGetValue(packId, out var length) ? length : null;
    }

    /// <summary>Adds a pack that is stored durably.</summary>
    public void Add(IndexedPack pack, long packLength, IEnumerable<FrameEntry> frames)
    {
        lock (_gate)
        {
            _packLengths[pack.PackId] = packLength;
            foreach (var frame in frames)
            {
                var place = new ChunkPlace(pack, frame);
                if (_added.TryAdd(frame.ChunkId, place))
                    _unsaved.Add(place);
            }
        }
    }

    /// <summary>Writes what was added since the last time as a run, reads it back, and merges runs when there are many.</summary>
    public async Task SaveAsync(CancellationToken cancellation = default)
    {
        List<ChunkPlace> unsaved;
        lock (_gate)
            (unsaved, _unsaved) = (_unsaved, []);
        try
        {
            foreach (var part in unsaved.Chunk(IndexRun.MaxChunks))
                await WriteRunAsync(part, cancellation);
        }
        catch
        {
            lock (_gate)
                _unsaved.InsertRange(0, unsaved);
            throw;
        }
        if (_runs.Count > MaxRuns)
            await MergeAsync(cancellation);
    }

    private async Task WriteRunAsync(ChunkPlace[] places, CancellationToken cancellation)
    {
        List<IndexedPack> packs = [];
        Dictionary<ObjectId, int> numbers = [];
        var chunks = new IndexedChunk[places.Length];
        for (var i = 0; i < chunks.Length; i++)
        {
            var (pack, frame) = places[i];
            if (!numbers.TryGetValue(pack.PackId, out var number))
            {
                numbers[pack.PackId] = number = packs.Count;
                packs.Add(pack);
            }
            chunks[i] = new IndexedChunk(number, frame);
        }
        var body = IndexRun.Encode(packs, chunks);
        var name = await SealedObjects.WriteAsync(
            _store,
            ItemBlobs.IndexRuns(_secrets.Item.ItemId),
            ObjectType.IndexRun,
            _secrets.Newest,
            body,
            cancellation
        );
        lock (_gate)
            _runs.Add(new StoredRun(name, IndexRun.Decode(body)));
    }

    /// <summary>One run in the place of many; they are deleted only after it is stored.</summary>
    private async Task MergeAsync(CancellationToken cancellation)
    {
        List<StoredRun> merged = [];
        Dictionary<ChunkId, ChunkPlace> places = [];
        foreach (var stored in _runs.OrderBy(r => r.Run.Count).ToList())
        {
            if (places.Count + stored.Run.Count > IndexRun.MaxChunks)
                break;
            merged.Add(stored);
            for (var i = 0; i < stored.Run.Count; i++)
            {
                var chunk = stored.Run[i];
                places[chunk.Frame.ChunkId] = new ChunkPlace(stored.Run.Packs[chunk.PackNumber], chunk.Frame);
            }
        }
        if (merged.Count < 2)
            return;
        await WriteRunAsync([.. places.Values], cancellation);
        lock (_gate)
            _runs.RemoveAll(merged.Contains);
        foreach (var stored in merged)
            await _store.DeleteAsync(stored.Name, cancellation: cancellation);
    }

    private async Task ListPacksAsync(CancellationToken cancellation)
    {
        await foreach (var pack in _store.ListAllAsync($"{ItemBlobs.Packs(_secrets.Item.ItemId)}/", cancellation))
            _packLengths[SealedObjects.IdOf(pack.Name)] = pack.Length;
    }

    private async Task LoadRunsAsync(CancellationToken cancellation)
    {
        // A run that vanishes between listing and reading was merged into one that may not have been listed: look again.
        while (!await TryLoadRunsAsync(cancellation))
            _runs.Clear();
    }

    private async Task<bool> TryLoadRunsAsync(CancellationToken cancellation)
    {
        await foreach (var run in _store.ListAllAsync($"{ItemBlobs.IndexRuns(_secrets.Item.ItemId)}/", cancellation))
        {
            var body = await SealedObjects.FindAsync(_store, run.Name, ObjectType.IndexRun, _secrets, IndexRun.MaxLength, cancellation);
            if (body is null)
                return false;
            _runs.Add(new StoredRun(run.Name, IndexRun.Decode(body)));
        }
        return true;
    }

    private async Task AdoptAsync(CancellationToken cancellation)
    {
        var indexed = _runs.SelectMany(r => r.Run.Packs).Select(p => p.PackId).ToHashSet();
        foreach (var (packId, length) in _packLengths.Where(p => !indexed.Contains(p.Key)).ToList())
        {
            try
            {
                var (pack, frames) = await SealedObjects.ReadFooterAsync(
                    _store,
                    $"{ItemBlobs.Packs(_secrets.Item.ItemId)}/{packId}",
                    length,
                    _secrets,
                    cancellation
                );
                Add(pack, length, frames);
            }
            catch (VaultException e) when (e.Code is ErrorCodes.DataBitRot or ErrorCodes.DataTampered or ErrorCodes.DataMissing)
            {
                // Nothing refers to it yet, so nothing is lost: its chunks are stored again. Scrubbing the store reports it.
            }
        }
    }
}
