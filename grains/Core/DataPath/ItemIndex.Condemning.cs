using RecoveryVault.Format;

namespace RecoveryVault.DataPath;

public sealed partial class ItemIndex
{
    /// <summary>
    /// Packs whose chunks nobody may rely on from now on. What is known of them from their footers only goes at once: no run shall name
    /// them that does not do so already.
    /// </summary>
    public void Condemn(IEnumerable<ObjectId> packs)
    {
        lock (_gate)
        {
            _condemned.UnionWith(packs);
            foreach (var (chunkId, place) in _added.Where(a => _condemned.Contains(a.Value.Pack.PackId)).ToList())
                _added.Remove(chunkId);
        }
    }

    /// <summary>A pack that was going to be condemned is kept after all.</summary>
    public void Spare(ObjectId pack)
    {
        lock (_gate)
            _condemned.Remove(pack);
    }

    /// <summary>
    /// Forgets packs that are deleted for good: runs that name them are written again without them, and only then deleted. What runs say of
    /// other packs stays as it is, also of missing ones: those may come back.
    /// </summary>
    public async Task ForgetAsync(IReadOnlyCollection<ObjectId> deleted, CancellationToken cancellation)
    {
        await _saving.WaitAsync(cancellation);
        try
        {
            var gone = deleted.ToHashSet();
            List<StoredRun> stale;
            lock (_gate)
            {
                foreach (var pack in gone)
                    _packs.Remove(pack);
                stale = [.. _runs.Where(r => r.Run.Packs.Any(p => gone.Contains(p.PackId))).OrderBy(r => r.Run.Count)];
            }
            while (stale.Count > 0)
            {
                var part = ThatFit(stale);
                await RewriteAsync(part, gone, cancellation);
                stale.RemoveRange(0, part.Count);
            }
        }
        finally
        {
            _saving.Release();
        }
    }

    private async Task RewriteAsync(List<StoredRun> stale, HashSet<ObjectId> gone, CancellationToken cancellation)
    {
        List<ChunkPlace> places;
        lock (_gate)
            places = BestPlaces(stale, gone);
        if (places.Count > 0)
            await WriteRunAsync(places, cancellation);
        lock (_gate)
            _runs.RemoveAll(stale.Contains);
        await DeleteAsync(stale.Select(r => r.Name), cancellation);
    }
}
