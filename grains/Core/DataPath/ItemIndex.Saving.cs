using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Storage;

namespace RecoveryVault.DataPath;

public sealed partial class ItemIndex
{
    /// <summary>More runs than that are merged.</summary>
    public const int MaxRuns = 16;

    /// <summary>Returns when everything added so far is in runs that read back; merges runs when there are many.</summary>
    public async Task SaveAsync(CancellationToken cancellation = default)
    {
        // One at a time: when this returns, what an earlier call took upon itself must be stored as well.
        await _saving.WaitAsync(cancellation);
        try
        {
            await WriteAddedAsync(cancellation);
            await TidyAsync(cancellation);
        }
        finally
        {
            _saving.Release();
        }
    }

    private async Task WriteAddedAsync(CancellationToken cancellation)
    {
        List<ChunkPlace> unsaved;
        lock (_gate)
            unsaved = [.. _added.Values];
        foreach (var part in InRuns(unsaved))
        {
            await WriteRunAsync(part, cancellation);
            lock (_gate)
            {
                foreach (var place in part)
                    _added.Remove(place.Frame.ChunkId);
            }
        }
    }

    /// <summary>Cuts places into what one run can hold.</summary>
    private static IEnumerable<List<ChunkPlace>> InRuns(IReadOnlyList<ChunkPlace> places)
    {
        List<ChunkPlace> run = [];
        HashSet<ObjectId> packs = [];
        foreach (var place in places)
        {
            if (run.Count == IndexRun.MaxChunks || (packs.Count == IndexRun.MaxPacks && !packs.Contains(place.Pack.PackId)))
            {
                yield return run;
                (run, packs) = ([], []);
            }
            run.Add(place);
            packs.Add(place.Pack.PackId);
        }
        if (run.Count > 0)
            yield return run;
    }

    private async Task WriteRunAsync(List<ChunkPlace> places, CancellationToken cancellation)
    {
        List<IndexedPack> packs = [];
        Dictionary<ObjectId, int> numbers = [];
        List<IndexedChunk> chunks = new(places.Count);
        foreach (var (pack, frame) in places)
        {
            if (!numbers.TryGetValue(pack.PackId, out var number))
            {
                numbers[pack.PackId] = number = packs.Count;
                packs.Add(pack);
            }
            chunks.Add(new IndexedChunk(number, frame));
        }
        var body = IndexRun.Encode(packs, chunks);
        var name = await SealedObjects.WriteAsync(
            _store,
            ObjectType.IndexRun,
            _secrets,
            body,
            objectId => $"{ItemBlobs.IndexRuns(_secrets.Item.ItemId)}/{objectId}",
            cancellation
        );
        lock (_gate)
            _runs.Add(new StoredRun(name, IndexRun.Decode(body)));
    }

    /// <summary>One run for many, and none for damaged ones: a run is deleted only after what says the same is stored.</summary>
    private async Task TidyAsync(CancellationToken cancellation)
    {
        try
        {
            await MergeAsync(cancellation);
            await DeleteAsync(_damagedRuns, cancellation);
            _damagedRuns.Clear();
        }
        catch (BlobStoreException)
        {
            // Everything is stored and indexed already; the next time tidies up.
        }
    }

    private async Task MergeAsync(CancellationToken cancellation)
    {
        List<StoredRun> merged;
        List<ChunkPlace> places;
        lock (_gate)
        {
            merged = _runs.Count > MaxRuns ? ThatFit(_runs.OrderBy(r => r.Run.Count)) : [];
            places = merged.Count > 1 ? BestPlaces(merged, []) : [];
        }
        if (places.Count == 0)
            return;
        await WriteRunAsync(places, cancellation);
        lock (_gate)
            _runs.RemoveAll(merged.Contains);
        await DeleteAsync(merged.Select(r => r.Name), cancellation);
    }

    /// <summary>The first runs that can be one.</summary>
    private static List<StoredRun> ThatFit(IEnumerable<StoredRun> runs)
    {
        var (chunks, packs) = (0L, 0L);
        return [.. runs.TakeWhile(r => (chunks += r.Run.Count) <= IndexRun.MaxChunks && (packs += r.Run.Packs.Count) <= IndexRun.MaxPacks)];
    }

    /// <summary>A chunk may lie in a lost pack by one run and, healed, in another by the next: only the good place is kept.</summary>
    private List<ChunkPlace> BestPlaces(IEnumerable<StoredRun> runs, HashSet<ObjectId> gone)
    {
        Dictionary<ChunkId, ChunkPlace> places = [];
        foreach (var run in runs.Select(r => r.Run))
        {
            for (var i = 0; i < run.Count; i++)
            {
                var chunk = run[i];
                var place = new ChunkPlace(run.Packs[chunk.PackNumber], chunk.Frame);
                if (
                    !gone.Contains(place.Pack.PackId) && (!places.TryGetValue(chunk.Frame.ChunkId, out var known) || IsBetter(place, known))
                )
                    places[chunk.Frame.ChunkId] = place;
            }
        }
        return [.. places.Values];
    }

    private async Task DeleteAsync(IEnumerable<string> names, CancellationToken cancellation)
    {
        foreach (var name in names)
            await _store.DeleteAsync(name, cancellation: cancellation);
    }
}
