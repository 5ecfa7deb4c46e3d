using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Reclaim;

/// <summary>
/// Manifests and heads of commits that never happened. Whoever holds the writer slot knows the whole chain: beside what is in it under a
/// number, nothing else can get into it any more. A later number may be a commit's that took the slot over meanwhile, and stays; what is
/// left under the numbers of purged points, purging deletes.
/// </summary>
internal sealed class Leftovers(IBlobStore store, AuthenticatedRecords records, ItemId itemId)
{
    /// <summary>What belongs to no recovery point.</summary>
    /// <param name="live">All that are not purged, by number.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<IReadOnlyList<string>> FindAsync(
        IReadOnlyDictionary<long, (string Manifest, string HeadHash)> live,
        CancellationToken cancellation
    )
    {
        List<string> found = [];
        await foreach (var manifest in store.ListAllAsync(ItemBlobs.Manifests(itemId), cancellation))
        {
            var hasNumber = AuthenticatedRecords.TrySequenceOf(manifest.Name, out var seq);
            if (hasNumber && live.TryGetValue(seq, out var point) && point.Manifest != manifest.Name)
                found.Add(manifest.Name);
        }
        List<string> heads = [];
        long last = 0;
        await foreach (var head in store.ListAllAsync($"{ItemBlobs.Heads(itemId)}/", cancellation))
        {
            if (!AuthenticatedRecords.TrySequenceOf(head.Name, out var seq))
                continue;
            if (seq != last)
                await AddOthersAsync(found, heads, last, live);
            last = seq;
            heads.Add(head.Name);
        }
        await AddOthersAsync(found, heads, last, live);
        return found;
    }

    /// <summary>Of several heads of one number those that authentically say another hash than the chain's.</summary>
    private async Task AddOthersAsync(
        List<string> found,
        List<string> heads,
        long seq,
        IReadOnlyDictionary<long, (string Manifest, string HeadHash)> live
    )
    {
        if (heads.Count > 1 && live.TryGetValue(seq, out var known))
        {
            foreach (var name in heads)
            {
                if (await TryReadHashAsync(name) is { } hash && hash != known.HeadHash)
                    found.Add(name);
            }
        }
        heads.Clear();
    }

    private async Task<string?> TryReadHashAsync(string name)
    {
        try
        {
            return (await records.FindAsync(name, RecordType.Head, RecordJson.Default.RecoveryPointHead))?.HeadHash;
        }
        catch (VaultException)
        {
            // Damaged: scrubbing the store reports it, and it is nobody's to delete.
            return null;
        }
    }
}
