using System.Collections.Immutable;
using RecoveryVault.Format;

namespace RecoveryVault.Items;

public sealed partial record ItemRecord
{
    /// <summary>The packs nobody may rely on.</summary>
    public IReadOnlyList<ObjectId> CondemnedPacks => [.. (Condemned ?? []).Select(hex => new ObjectId(Bytes32.Parse(hex)))];

    /// <summary>
    /// Condemns packs before any of them is deleted. It is final: from this write on a session begins without them, and one that began
    /// before has lost the slot. The next ones can be condemned when these are gone.
    /// </summary>
    public ItemRecord Condemn(Guid sessionId, IReadOnlyCollection<ObjectId> packs)
    {
        RequireSlot(sessionId);
        if (packs.Count is 0 or > MaxCondemned)
            throw new ArgumentException($"1 to {MaxCondemned} packs are condemned at once, not {packs.Count}.", nameof(packs));
        ImmutableArray<string> condemned = [.. packs.Select(p => p.ToString()).Order(StringComparer.Ordinal)];
        if (Condemned is not { } known)
            return this with { Condemned = condemned };
        return known.SequenceEqual(condemned, StringComparer.Ordinal)
            ? this
            : throw new InvalidOperationException("Packs condemned before are not known to be deleted yet.");
    }

    /// <summary>
    /// All condemned packs are deleted for good. Only who has the slot and has seen it may say so: as long as one of them could still be
    /// deleted by somebody, no session may rely on it.
    /// </summary>
    public ItemRecord ConfirmDeleted(Guid sessionId, IReadOnlyCollection<ObjectId> deleted)
    {
        RequireSlot(sessionId);
        if (Condemned is not { } condemned)
            return this;
        return condemned.All(deleted.Select(p => p.ToString()).ToHashSet(StringComparer.Ordinal).Contains)
            ? this with
            {
                Condemned = null,
            }
            : throw new InvalidOperationException("Some condemned packs are not known to be deleted.");
    }
}
