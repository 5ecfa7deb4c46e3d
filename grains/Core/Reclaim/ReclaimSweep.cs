using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;

namespace RecoveryVault.Reclaim;

/// <summary>
/// Carries a plan out in rounds, each one conditional write of the record: what an earlier reclaim condemned, then what needs no
/// moving, for that makes room, then what does.
/// </summary>
internal sealed class ReclaimSweep(
    ReclaimParts parts,
    ItemSecrets secrets,
    ReclaimLedger ledger,
    ReclaimCounters counters,
    ItemIndex index,
    ItemIndex.Marks marks
)
{
    public const string Readers = "a restore or verification of the item is open; the next reclaim deletes them";

    private readonly PackDeletion _deletion = new(parts.Store, secrets.Item.ItemId, index, counters);

    /// <summary>The figures <see cref="RunAsync"/> would come to now, and nothing written.</summary>
    public async Task<ReclaimReport> ForeseeAsync(ReclaimPlan plan, ReclaimReport report)
    {
        List<PackUse> all = [.. plan.Condemned, .. plan.Unneeded, .. plan.Sparse];
        if (await ledger.HasReaders())
            return Waiting(report, all);
        var written = 0L;
        foreach (var round in MovingRounds(plan))
            written += LengthOf(round);
        return Deleted(report, all) with { PacksRepacked = plan.Sparse.Length, BytesRewritten = written };
    }

    public async Task<ReclaimReport> RunAsync(ItemRecord item, ReclaimPlan plan, ReclaimReport report, CancellationToken cancellation)
    {
        var left = new Queue<IReadOnlyList<PackUse>>([.. plan.Unneeded.Chunk(ItemRecord.MaxCondemned), .. MovingRounds(plan)]);
        if (item.CondemnedPacks is { Count: > 0 } condemned)
        {
            if (await ledger.HasEarlierReaders())
                return Waiting(report, [.. plan.Condemned, .. left.SelectMany(r => r)]);
            report = await SaveAsync([.. plan.Condemned.Where(p => p.LiveChunks > 0)], report, cancellation);
            await DeleteAsync(condemned, plan.Condemned, cancellation);
            report = Deleted(report, plan.Condemned);
        }
        while (left.TryDequeue(out var round))
        {
            var moves = round[0].LiveChunks > 0;
            // What is moved while somebody reads could not be deleted, and the store would only grow.
            if (moves && await ledger.HasReaders())
                return Waiting(report, [.. round, .. left.SelectMany(r => r)]);
            if (moves)
            {
                var (moved, written) = await MoveAsync(round, cancellation);
                round = moved;
                report = report with
                {
                    PacksRepacked = report.PacksRepacked + moved.Count,
                    BytesRewritten = report.BytesRewritten + written,
                };
            }
            if (round.Count == 0)
                continue;
            if (!await CondemnAsync(round, cancellation))
                return Waiting(report, [.. round, .. left.SelectMany(r => r)]);
            report = Deleted(report, round);
        }
        return report;
    }

    /// <summary>
    /// Nothing that is needed lies in a condemned pack only, or the protocol was broken, by whatever brought an old record back: what
    /// can be saved is moved out before the pack goes.
    /// </summary>
    private async Task<ReclaimReport> SaveAsync(IReadOnlyList<PackUse> packs, ReclaimReport report, CancellationToken cancellation)
    {
        var (saved, written) = await MoveAsync(packs, cancellation);
        return saved.Count == packs.Count
            ? report with
            {
                BytesRewritten = report.BytesRewritten + written,
            }
            : throw new VaultException(
                ErrorCodes.DataDamaged,
                "A condemned pack holds what is needed, and it is damaged; nothing was deleted."
            );
    }

    private async Task<bool> CondemnAsync(IReadOnlyList<PackUse> round, CancellationToken cancellation)
    {
        List<ObjectId> packs = [.. round.Select(p => p.PackId)];
        index.Condemn(packs);
        await ledger.Condemn(packs);
        if (await ledger.HasEarlierReaders())
            return false;
        await DeleteAsync(packs, round, cancellation);
        return true;
    }

    private async Task DeleteAsync(IReadOnlyList<ObjectId> packs, IReadOnlyList<PackUse> known, CancellationToken cancellation)
    {
        counters.Enter(ReclaimPhase.Deleting, known.Sum(p => p.Length));
        await _deletion.DeleteAsync(packs, cancellation);
        await ledger.ConfirmDeleted(packs);
    }

    /// <summary>
    /// Moves what is needed out of packs; when this returns it is stored, indexed and read back. Returns the packs of which all was moved.
    /// </summary>
    private async Task<(IReadOnlyList<PackUse> Moved, long Written)> MoveAsync(IReadOnlyList<PackUse> packs, CancellationToken cancellation)
    {
        if (packs.Count == 0)
            return ([], 0);
        counters.Enter(ReclaimPhase.Repacking, packs.Sum(p => p.LiveBytes));
        var places = marks.PlacesIn(packs.Select(p => p.PackId).ToHashSet());
        // The places that are left must count for less than those that take over.
        index.Condemn(packs.Select(p => p.PackId));
        using var repacking = new Repacking(parts.Store, secrets, index, parts.Gate, counters);
        List<PackUse> moved = [];
        foreach (var pack in packs)
        {
            if (await repacking.MoveAsync(places[pack.PackId], cancellation))
                moved.Add(pack);
            else
                index.Spare(pack.PackId);
        }
        await repacking.FinishAsync(cancellation);
        await index.SaveAsync(cancellation);
        if (moved.Any(p => !places[p.PackId].TrueForAll(place => index.IsStored(place.Frame.ChunkId))))
            throw new VaultException(ErrorCodes.DataMissing, "What was moved is not in the index; nothing was deleted.");
        return (moved, repacking.BytesStored);
    }

    private static IEnumerable<IReadOnlyList<PackUse>> MovingRounds(ReclaimPlan plan)
    {
        List<PackUse> round = [];
        foreach (var pack in plan.Sparse)
        {
            if (
                round.Count == ItemRecord.MaxCondemned
                || (round.Count > 0 && round.Sum(p => p.LiveBytes) + pack.LiveBytes > ItemReclaim.MaxMoved)
            )
            {
                yield return round;
                round = [];
            }
            round.Add(pack);
        }
        if (round.Count > 0)
            yield return round;
    }

    private long LengthOf(IReadOnlyList<PackUse> round)
    {
        var layout = new RepackLayout(secrets.Suite);
        var places = marks.PlacesIn(round.Select(p => p.PackId).ToHashSet());
        foreach (var place in round.SelectMany(p => places[p.PackId]))
            layout.Add(place.Frame);
        layout.Close();
        return layout.Length;
    }

    private static ReclaimReport Deleted(ReclaimReport report, IReadOnlyCollection<PackUse> packs) =>
        report with
        {
            PacksDeleted = report.PacksDeleted + packs.Count,
            BytesDeleted = report.BytesDeleted + packs.Sum(p => p.Length),
        };

    private static ReclaimReport Waiting(ReclaimReport report, List<PackUse> packs) =>
        packs.Count == 0
            ? report
            : report with
            {
                PacksWaiting = packs.Count,
                BytesWaiting = packs.Sum(p => p.Length),
                WaitingFor = Readers,
            };
}
