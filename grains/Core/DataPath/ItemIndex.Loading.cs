using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Storage;

namespace RecoveryVault.DataPath;

public sealed partial class ItemIndex
{
    private const int MaxLoads = 10;
    private const int FootersInFlight = 8;

    /// <summary>Loads an item's index, with what dead sessions stored and never indexed.</summary>
    /// <param name="store">Where the item is.</param>
    /// <param name="secrets">The item's keys.</param>
    /// <param name="condemned">Packs the item's record condemns; whoever has the writer slot must have read it since.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<ItemIndex> LoadAsync(
        IBlobStore store,
        ItemSecrets secrets,
        IEnumerable<ObjectId>? condemned = null,
        CancellationToken cancellation = default
    )
    {
        var index = new ItemIndex(store, secrets, condemned ?? []);
        // Packs before runs: a pack that is written while we look is then at worst unknown, never taken for missing.
        await index.ListPacksAsync(cancellation);
        await index.LoadRunsAsync(cancellation);
        await index.AdoptAsync(cancellation);
        return index;
    }

    private async Task ListPacksAsync(CancellationToken cancellation)
    {
        await foreach (var pack in _store.ListAllAsync($"{ItemBlobs.Packs(_secrets.Item.ItemId)}/", cancellation))
        {
            if (SealedObjects.TryReadId(pack.Name, out var packId))
                _packs[packId] = new StoredPack(pack.Length, IsDamaged: false);
        }
        await foreach (var mark in _store.ListAllAsync($"{ItemBlobs.DamagedPacks(_secrets.Item.ItemId)}/", cancellation))
        {
            if (SealedObjects.TryReadId(mark.Name, out var packId) && _packs.TryGetValue(packId, out var pack))
                _packs[packId] = pack with { IsDamaged = true };
        }
    }

    private async Task LoadRunsAsync(CancellationToken cancellation)
    {
        // A run that vanishes between listing and reading was merged into one that may not have been listed: look again.
        for (var attempt = 1; !await TryLoadRunsAsync(cancellation); attempt++)
        {
            if (attempt == MaxLoads)
                throw new VaultException(ErrorCodes.StoreUnavailable, "The store goes on listing index runs that it does not have.");
        }
    }

    private async Task<bool> TryLoadRunsAsync(CancellationToken cancellation)
    {
        _runs.Clear();
        _damagedRuns.Clear();
        await foreach (var run in _store.ListAllAsync($"{ItemBlobs.IndexRuns(_secrets.Item.ItemId)}/", cancellation))
        {
            if (!SealedObjects.TryReadId(run.Name, out _))
                continue;
            try
            {
                if (
                    await SealedObjects.FindAsync(_store, run.Name, ObjectType.IndexRun, _secrets, IndexRun.MaxLength, cancellation)
                    is not { } body
                )
                    return false;
                _runs.Add(new StoredRun(run.Name, IndexRun.Decode(body)));
            }
            catch (Exception e)
                when (e is FormatFaultException or VaultException { Code: ErrorCodes.DataBitRot or ErrorCodes.DataTampered })
            {
                // A run only repeats what footers say: they are read instead, and the run is deleted when another says the same again.
                _damagedRuns.Add(run.Name);
            }
        }
        return true;
    }

    private Task AdoptAsync(CancellationToken cancellation)
    {
        var indexed = _runs.SelectMany(r => r.Run.Packs).Select(p => p.PackId).ToHashSet();
        var orphans = _packs.Where(p => !indexed.Contains(p.Key)).ToList();
        var options = new ParallelOptions { MaxDegreeOfParallelism = FootersInFlight, CancellationToken = cancellation };
        return Parallel.ForEachAsync(orphans, options, async (pack, cancel) => await AdoptAsync(pack.Key, pack.Value, cancel));
    }

    private async Task AdoptAsync(ObjectId packId, StoredPack stored, CancellationToken cancellation)
    {
        try
        {
            var name = ItemBlobs.Pack(_secrets.Item.ItemId, packId.ToString());
            var (pack, frames) = await SealedObjects.ReadFooterAsync(_store, name, stored.Length, _secrets, cancellation);
            lock (_gate)
            {
                foreach (var frame in frames)
                    AddLocked(new ChunkPlace(pack, frame));
            }
        }
        catch (VaultException e)
            when (e.Code
                    is ErrorCodes.DataMissing
                        or ErrorCodes.DataBitRot
                        or ErrorCodes.DataTampered
                        or ErrorCodes.WrongKey
                        or ErrorCodes.WrongPlatformKey
                        or ErrorCodes.DataTooNew
            )
        {
            // Whoever needs its chunks is told that they are missing, and scrubbing the store reports it; a backup stores them again.
            lock (_gate)
                _unreadable.Add(packId);
        }
    }
}
