using RecoveryVault.DataPath;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Storage;

namespace RecoveryVault.Reclaim;

/// <summary>
/// Deletes packs that the item's record condemns, and whatever names them: the packs, then their marks, then their place in index runs. Any
/// of it may have been done before, and may be done by two at once.
/// </summary>
internal sealed class PackDeletion(IBlobStore store, ItemId itemId, ItemIndex index, ReclaimCounters counters)
{
    /// <summary>Returns when the packs are seen to be gone.</summary>
    public async Task DeleteAsync(IReadOnlyCollection<ObjectId> packs, CancellationToken cancellation)
    {
        foreach (var pack in packs)
        {
            await TryDeleteAsync(ItemBlobs.Pack(itemId, pack.ToString()), cancellation);
            counters.EndStep();
        }
        await RequireGoneAsync(packs.ToHashSet(), cancellation);
        await DeleteMarksAsync(packs.ToHashSet(), cancellation);
        await index.ForgetAsync(packs, cancellation);
    }

    private async Task TryDeleteAsync(string name, CancellationToken cancellation)
    {
        try
        {
            await store.DeleteAsync(name, cancellation: cancellation);
        }
        catch (BlobStoreException e) when (e.Error == BlobError.Unavailable)
        {
            // Whether it is gone the listing tells.
        }
    }

    private async Task RequireGoneAsync(HashSet<ObjectId> packs, CancellationToken cancellation)
    {
        await foreach (var pack in store.ListAllAsync($"{ItemBlobs.Packs(itemId)}/", cancellation))
        {
            if (SealedObjects.TryReadId(pack.Name, out var packId) && packs.Contains(packId))
                throw new BlobStoreException(BlobError.Unavailable, $"'{pack.Name}' could not be deleted.");
        }
    }

    private async Task DeleteMarksAsync(HashSet<ObjectId> packs, CancellationToken cancellation)
    {
        List<string> marks = [];
        await foreach (var mark in store.ListAllAsync($"{ItemBlobs.DamagedPacks(itemId)}/", cancellation))
        {
            if (SealedObjects.TryReadId(mark.Name, out var packId) && packs.Contains(packId))
                marks.Add(mark.Name);
        }
        foreach (var mark in marks)
            await store.DeleteAsync(mark, cancellation: cancellation);
    }
}
