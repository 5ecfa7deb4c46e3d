using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Items;

/// <summary>
/// Heads of recovery points as create-only authenticated records, <c>heads/{itemId}/{seq}-{random}</c>. The item's record holds the newest;
/// an older one counts only if the chain of hashes leads to it from there, so what a crash left behind is never shown.
/// </summary>
public sealed class RecoveryPoints(IBlobStore store, AuthenticatedRecords records)
{
    public Task<RecordRef> WriteAsync(ItemId itemId, RecoveryPointHead head) =>
        records.WriteAsync(ItemBlobs.Heads(itemId), head.Seq, RecordType.Head, head, RecordJson.Default.RecoveryPointHead);

    /// <summary>Committed recovery points newest first, those below <paramref name="beforeSeq"/>.</summary>
    public async IAsyncEnumerable<RecoveryPointHead> ListAsync(ItemRecord item, long beforeSeq)
    {
        foreach (var head in item.Heads.Where(h => h.Seq < beforeSeq))
            yield return head;
        if (item.Heads.IsEmpty)
            yield break;
        for (var last = item.Heads[^1]; last.Seq > 1; )
        {
            last =
                await FindAsync(item.Key.ItemId, last.Seq - 1, last.PrevHash)
                ?? throw new VaultException(ErrorCodes.DataMissing, $"The record of recovery point {last.Seq - 1} is missing.");
            if (last.Seq < beforeSeq)
                yield return last;
        }
    }

    /// <summary>A committed recovery point by name; null when there is none.</summary>
    public async Task<RecoveryPointHead?> FindAsync(ItemRecord item, string name)
    {
        await foreach (var head in ListAsync(item, long.MaxValue))
        {
            if (string.Equals(head.Name, name, StringComparison.OrdinalIgnoreCase))
                return head;
        }
        return null;
    }

    private async Task<RecoveryPointHead?> FindAsync(ItemId itemId, long seq, string headHash)
    {
        await foreach (var blob in store.ListAllAsync($"{ItemBlobs.Heads(itemId)}/{AuthenticatedRecords.Sequence(seq)}-"))
        {
            var head = await records.FindAsync(blob.Name, RecordType.Head, RecordJson.Default.RecoveryPointHead);
            if (head?.HeadHash == headHash)
                return head;
        }
        return null;
    }
}
