using System.Globalization;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Items;

/// <summary>
/// Heads of recovery points as create-only authenticated records, <c>heads/{itemId}/{seq}-{random}</c>. The item's record holds the newest;
/// an older one counts if the next one's <see cref="RecoveryPointHead.PrevHash"/> names it. A head is written only on top of a committed
/// one, so any authentic head vouches for the one before it, and what a crash left behind is never shown.
/// </summary>
public sealed class RecoveryPoints(IBlobStore store, AuthenticatedRecords records)
{
    /// <summary>Writes a head and reads it back.</summary>
    public async Task<RecordRef> WriteAsync(ItemId itemId, RecoveryPointHead head)
    {
        var reference = await records.WriteAsync(
            ItemBlobs.Heads(itemId),
            head.Seq,
            RecordType.Head,
            head,
            RecordJson.Default.RecoveryPointHead
        );
        await records.ReadAsync(reference, RecordType.Head, RecordJson.Default.RecoveryPointHead);
        return reference;
    }

    /// <summary>Committed recovery points newest first, those below <paramref name="beforeSeq"/>; costs nothing for those above.</summary>
    public async IAsyncEnumerable<RecoveryPointHead> ListAsync(ItemRecord item, long beforeSeq)
    {
        foreach (var head in item.Heads.Where(h => h.Seq < beforeSeq))
            yield return head;
        if (item.Heads.IsEmpty)
            yield break;
        var seq = Math.Min(item.Heads[^1].Seq, beforeSeq);
        for (var prevHash = await PrevHashAsync(item, seq); seq > 1; )
        {
            var head = await ReadAsync(item.Key.ItemId, --seq, prevHash);
            prevHash = head.PrevHash;
            yield return head;
        }
    }

    /// <summary>
    /// Those that are not purged, soft-deleted ones among them, newest first: what a list shows and what chunks must be kept for. Ranges of
    /// purged ones are jumped over.
    /// </summary>
    public async IAsyncEnumerable<RecoveryPointHead> ListAsync(ItemRecord item, long beforeSeq, Deletions deletions)
    {
        // Not above the newest, so that a purged range at the very end is jumped over too.
        for (var before = Math.Min(beforeSeq, item.NextSeq); before > 1; )
        {
            if (deletions.FindPurged(before - 1) is { } gone)
            {
                before = gone.First;
                continue;
            }
            await foreach (var head in ListAsync(item, before))
            {
                before = head.Seq;
                if (deletions.IsPurged(head.Seq))
                    break;
                yield return head;
            }
        }
    }

    /// <summary>The newest that is neither deleted nor purged; null when there is none.</summary>
    public async Task<RecoveryPointHead?> FindLatestAsync(ItemRecord item, Deletions deletions)
    {
        await foreach (var head in ListAsync(item, long.MaxValue, deletions))
        {
            if (!deletions.IsSoftDeleted(head.Seq))
                return head;
        }
        return null;
    }

    /// <summary>A committed recovery point by name; null when there is none.</summary>
    public async Task<RecoveryPointHead?> FindAsync(ItemRecord item, string name)
    {
        if (
            !long.TryParse(name.AsSpan(name.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var seq)
            || seq < 1
            || seq > (item.Newest?.Seq ?? 0)
        )
            return null;
        var head =
            item.Heads.FirstOrDefault(h => h.Seq == seq) ?? await ReadAsync(item.Key.ItemId, seq, await PrevHashAsync(item, seq + 1));
        return string.Equals(head.Name, name, StringComparison.OrdinalIgnoreCase) ? head : null;
    }

    /// <summary>What the head of this number says about the one before it.</summary>
    private async Task<string> PrevHashAsync(ItemRecord item, long seq)
    {
        if (item.Heads.FirstOrDefault(h => h.Seq == seq) is { } known)
            return known.PrevHash;
        return (await FindAsync(item.Key.ItemId, seq, _ => true)).PrevHash;
    }

    private Task<RecoveryPointHead> ReadAsync(ItemId itemId, long seq, string headHash) =>
        FindAsync(itemId, seq, head => head.HeadHash == headHash);

    /// <exception cref="VaultException">DataMissing, or what is wrong with the only one there is.</exception>
    private async Task<RecoveryPointHead> FindAsync(ItemId itemId, long seq, Func<RecoveryPointHead, bool> isWanted)
    {
        VaultException? damage = null;
        await foreach (var blob in store.ListAllAsync(ItemBlobs.Heads(itemId, seq)))
        {
            try
            {
                var head = await records.FindAsync(blob.Name, RecordType.Head, RecordJson.Default.RecoveryPointHead);
                if (head?.Seq == seq && head.Manifest.StartsWith(ItemBlobs.Manifests(itemId), StringComparison.Ordinal) && isWanted(head))
                    return head;
            }
            catch (VaultException e)
            {
                damage = e;
            }
        }
        throw damage ?? new VaultException(ErrorCodes.DataMissing, $"The record of recovery point {seq} is missing.");
    }
}
