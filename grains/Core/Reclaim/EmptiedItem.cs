using RecoveryVault.DataPath;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Storage;

namespace RecoveryVault.Reclaim;

/// <summary>
/// Frees everything of a deleted item of which nothing can be had back. Nothing has to be read for that, so no key is needed: it may be
/// revoked, or gone. The packs are condemned like any others, for somebody who lost the slot may still be deleting them when the item has
/// been protected anew.
/// </summary>
public sealed class EmptiedItem(IBlobStore store, ItemId itemId, ReclaimLedger ledger, ReclaimCounters counters)
{
    public async Task<ReclaimReport> RunAsync(ItemRecord item, bool isDryRun, CancellationToken cancellation)
    {
        counters.Enter(ReclaimPhase.Deleting);
        List<(ObjectId Id, long Length)> packs = [];
        await foreach (var pack in store.ListAllAsync($"{ItemBlobs.Packs(itemId)}/", cancellation))
            if (SealedObjects.TryReadId(pack.Name, out var packId))
                packs.Add((packId, pack.Length));
        var report = new ReclaimReport { Packs = packs.Count, PackBytes = packs.Sum(p => p.Length) };
        if (await ledger.HasReaders())
            return report with { PacksWaiting = packs.Count, BytesWaiting = report.PackBytes, WaitingFor = ReclaimSweep.Readers };
        if (!isDryRun)
            await DeleteAsync(item, [.. packs.Select(p => p.Id)], cancellation);
        return report with { PacksDeleted = packs.Count, BytesDeleted = report.PackBytes };
    }

    /// <summary>
    /// The index first: a pack without one is found by its footer, but an index whose packs are gone would call their chunks known.
    /// </summary>
    private async Task DeleteAsync(ItemRecord item, List<ObjectId> packs, CancellationToken cancellation)
    {
        await DeleteAllAsync($"{ItemBlobs.IndexRuns(itemId)}/", cancellation);
        if (item.CondemnedPacks is { Count: > 0 } earlier)
        {
            await DeleteAsync(earlier, cancellation);
            packs = [.. packs.Except(earlier)];
        }
        foreach (var round in packs.Chunk(ItemRecord.MaxCondemned))
        {
            await ledger.Condemn(round);
            await DeleteAsync(round, cancellation);
        }
        await DeleteAllAsync($"{ItemBlobs.DamagedPacks(itemId)}/", cancellation);
    }

    private async Task DeleteAsync(IReadOnlyCollection<ObjectId> condemned, CancellationToken cancellation)
    {
        foreach (var pack in condemned)
        {
            await store.DeleteAsync(ItemBlobs.Pack(itemId, pack.ToString()), cancellation: cancellation);
            counters.EndStep();
        }
        await ledger.ConfirmDeleted(condemned);
    }

    private async Task DeleteAllAsync(string folder, CancellationToken cancellation)
    {
        List<string> names = [];
        await foreach (var blob in store.ListAllAsync(folder, cancellation))
            names.Add(blob.Name);
        foreach (var name in names)
            await store.DeleteAsync(name, cancellation: cancellation);
    }
}
