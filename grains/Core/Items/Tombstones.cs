using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Items;

/// <summary>
/// An item's <see cref="Deletions"/> in storage: create-only authenticated records <c>tombstones/{itemId}/{seq}-{random}</c>, each holding
/// the whole set. The one that counts is the one the item's record names.
/// </summary>
public sealed class Tombstones(IBlobStore store, AuthenticatedRecords records)
{
    /// <summary>The deletions a record names; none when it names none.</summary>
    /// <exception cref="VaultException">DataMissing, DataBitRot, RecordTampered, DataTooNew, WrongPlatformKey.</exception>
    public async Task<Deletions> ReadAsync(ItemKey item, RecordRef? reference)
    {
        if (reference is null)
            return Deletions.None(item);
        var deletions = await records.ReadAsync(reference, RecordType.Tombstone, RecordJson.Default.Deletions);
        return deletions.Item == item
            ? deletions
            : throw new VaultException(ErrorCodes.RecordTampered, $"The record '{reference.Name}' is about another item.");
    }

    /// <summary>Writes deletions and reads them back; they count once the item's record names them.</summary>
    public async Task<RecordRef> WriteAsync(Deletions deletions)
    {
        var reference = await records.WriteAsync(
            ItemBlobs.Tombstones(deletions.Item.ItemId),
            deletions.Seq,
            RecordType.Tombstone,
            deletions,
            RecordJson.Default.Deletions
        );
        await ReadAsync(deletions.Item, reference);
        return reference;
    }

    /// <summary>Deletes what no record can ever name again: all of the same number or a lower one than the one in force.</summary>
    public async Task DeleteSupersededAsync(ItemKey item, RecordRef inForce)
    {
        var seq = AuthenticatedRecords.SequenceOf(inForce.Name);
        await foreach (var blob in store.ListAllAsync($"{ItemBlobs.Tombstones(item.ItemId)}/"))
        {
            if (blob.Name != inForce.Name && AuthenticatedRecords.TrySequenceOf(blob.Name, out var other) && other <= seq)
                await store.DeleteAsync(blob.Name);
        }
    }

    /// <summary>Deletes the manifests of purged points. A crash leaves some behind: the next call finds them by their numbers.</summary>
    public async Task<int> DeleteManifestsAsync(Deletions deletions)
    {
        var deleted = 0;
        if (deletions.Purged.IsEmpty)
            return deleted;
        await foreach (var blob in store.ListAllAsync(ItemBlobs.Manifests(deletions.Item.ItemId)))
        {
            if (AuthenticatedRecords.TrySequenceOf(blob.Name, out var seq) && deletions.IsPurged(seq) && await store.DeleteAsync(blob.Name))
                deleted++;
        }
        return deleted;
    }
}
