using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Reclaim;

/// <summary>What reclaims of a silo work with.</summary>
public sealed record ReclaimParts(IBlobStore Store, AuthenticatedRecords Records, SealGate Gate);

/// <summary>
/// Frees what no recovery point of an item needs: mark, move, condemn in the item's record, and only then delete. It may end at any step,
/// and another may begin where it ended; whoever has lost the writer slot can delete nothing that is not condemned for good.
/// </summary>
public sealed class ItemReclaim(ReclaimParts parts, ItemSecrets secrets, ReclaimLedger ledger, ReclaimCounters counters)
{
    /// <summary>So much is moved in one round, in bytes as sealed: the store needs room for no more before something is deleted.</summary>
    public const long MaxMoved = 1L << 30;

    private readonly ItemId _itemId = secrets.Item.ItemId;

    /// <summary>Reclaims, or finds out what a reclaim would do and writes nothing.</summary>
    /// <param name="item">The record; not for a dry run: since the slot was taken.</param>
    /// <param name="live">Heads of all recovery points that are not purged.</param>
    /// <param name="isDryRun">Writes nothing.</param>
    /// <param name="cancellation">Ends it at the next step.</param>
    /// <exception cref="VaultException">A recovery point cannot be read in full; SessionLost.</exception>
    public async Task<ReclaimReport> RunAsync(
        ItemRecord item,
        IAsyncEnumerable<RecoveryPointHead> live,
        bool isDryRun,
        CancellationToken cancellation
    )
    {
        counters.Enter(ReclaimPhase.Loading);
        using var index = await ItemIndex.LoadAsync(parts.Store, secrets, item.CondemnedPacks, cancellation);
        counters.Enter(ReclaimPhase.Marking);
        var marks = index.BeginMarks();
        var marking = new CatalogueMarking(parts.Store, secrets, index, marks, counters);
        Dictionary<long, (string Manifest, string HeadHash)> points = [];
        await foreach (var head in live.WithCancellation(cancellation))
        {
            await marking.MarkAsync(head, cancellation);
            points[head.Seq] = (head.Manifest, head.HeadHash);
        }
        var uses = marks.Uses();
        var plan = ReclaimPlan.Of(uses, marking.Missing.Count == 0);
        var missing = marking.Missing.ToHashSet();
        if (missing.Count > 0)
            plan = plan.Without(await FindMissingAsync(index, plan, missing, cancellation));
        var leftovers = await new Leftovers(parts.Store, parts.Records, _itemId).FindAsync(points, cancellation);
        var report = new ReclaimReport
        {
            LivePoints = points.Count,
            Packs = uses.Count,
            PackBytes = uses.Sum(p => p.Length),
            ChunksMissing = missing.Count,
            LeftoversDeleted = leftovers.Count,
            Warnings = missing.Count == 0 ? [] : [Missing(missing.Count)],
        };
        var sweep = new ReclaimSweep(parts, secrets, ledger, counters, index, marks);
        report = isDryRun ? await sweep.ForeseeAsync(plan, report) : await sweep.RunAsync(item, plan, report, cancellation);
        if (!isDryRun)
            await DeleteAsync(leftovers, cancellation);
        return report;
    }

    /// <summary>
    /// What is needed and nowhere may lie in a pack of which the index says too little: those that would go are looked into once more.
    /// Returns the packs that stay for it, and takes out of <paramref name="missing"/> what was found.
    /// </summary>
    private async Task<HashSet<ObjectId>> FindMissingAsync(
        ItemIndex index,
        ReclaimPlan plan,
        HashSet<ChunkId> missing,
        CancellationToken cancellation
    )
    {
        HashSet<ObjectId> kept = [];
        foreach (var pack in plan.Unneeded.Concat(plan.Sparse))
        {
            var name = ItemBlobs.Pack(_itemId, pack.PackId.ToString());
            try
            {
                var (indexed, frames) = await SealedObjects.ReadFooterAsync(parts.Store, name, pack.Length, secrets, cancellation);
                if (!frames.Any(f => missing.Contains(f.ChunkId)))
                    continue;
                missing.ExceptWith(frames.Select(f => f.ChunkId));
                index.Add(indexed, pack.Length, frames);
            }
            catch (VaultException)
            {
                // What cannot be read cannot be ruled out.
            }
            kept.Add(pack.PackId);
        }
        return kept;
    }

    private async Task DeleteAsync(IReadOnlyList<string> leftovers, CancellationToken cancellation)
    {
        foreach (var name in leftovers)
        {
            await parts.Store.DeleteAsync(name, cancellation: cancellation);
            counters.EndStep();
        }
    }

    private static JobError Missing(int count) =>
        new(
            ErrorCodes.DataMissing,
            $"{count} chunk(s) of recovery points are missing; everything else was reclaimed.",
            "See which files with 'rvault recoverypoint verify'; a backup of the unchanged source heals them."
        );
}
