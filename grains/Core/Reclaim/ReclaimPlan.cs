using System.Collections.Immutable;
using RecoveryVault.DataPath;
using RecoveryVault.Format;

namespace RecoveryVault.Reclaim;

/// <summary>Which packs go: a pure decision about how much of each is needed.</summary>
/// <param name="Condemned">Condemned before, and still there.</param>
/// <param name="Unneeded">Nothing in them is needed.</param>
/// <param name="Sparse">Less than <see cref="MinLiveShare"/> is needed: it is moved, the least first.</param>
public sealed record ReclaimPlan(ImmutableArray<PackUse> Condemned, ImmutableArray<PackUse> Unneeded, ImmutableArray<PackUse> Sparse)
{
    /// <summary>
    /// A pack is written anew when what is needed would fill less than this share of it. Compared are whole objects, padding and all:
    /// a pack that would come out as long again is left alone, so that nothing is moved again and again.
    /// </summary>
    public const double MinLiveShare = 0.5;

    /// <param name="packs">All packs of the item.</param>
    /// <param name="isComplete">
    /// Whether everything that is needed was found: only then can a pack of which nothing is known hold nothing of it.
    /// </param>
    public static ReclaimPlan Of(IEnumerable<PackUse> packs, bool isComplete)
    {
        var all = packs.OrderBy(p => p.LiveBytes).ThenBy(p => p.PackId.Value.High).ThenBy(p => p.PackId.Value.Low).ToList();
        return new ReclaimPlan(
            [.. all.Where(p => p.IsCondemned)],
            [.. all.Where(p => !p.IsCondemned && p.LiveChunks == 0 && (isComplete || !p.IsUnreadable))],
            [.. all.Where(p => !p.IsCondemned && IsSparse(p))]
        );
    }

    /// <summary>The same without packs that turned out to be needed as they are.</summary>
    public ReclaimPlan Without(IReadOnlySet<ObjectId> kept) =>
        this with
        {
            Unneeded = Unneeded.RemoveAll(p => kept.Contains(p.PackId)),
            Sparse = Sparse.RemoveAll(p => kept.Contains(p.PackId)),
        };

    /// <summary>A damaged pack is never read for anything but a restore: what can be saved of it, a backup stores again.</summary>
    private static bool IsSparse(PackUse pack) => pack.LiveChunks > 0 && !pack.IsDamaged && pack.DenseLength < pack.Length * MinLiveShare;
}
