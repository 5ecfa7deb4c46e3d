using CsCheck;

namespace RecoveryVault.Tests.Reclaim;

/// <summary>
/// The protocol by which space is reclaimed while backups come and go, as a state machine: each action is one step that storage makes
/// indivisible. Requirements are what users are promised; faults are the ways it has been done wrong.
/// </summary>
internal sealed class ReclaimProtocol(int sessions)
{
    private static readonly int[] Points = [0, 1];

    // The pack that the last session stores has nobody left to delete it.
    private readonly (int Session, int Pack)[] _deletions =
    [
        .. Enumerable.Range(1, sessions).SelectMany(session => Enumerable.Range(0, sessions).Select(pack => (session, pack))),
    ];

    public int[] Sessions { get; } = [.. Enumerable.Range(1, sessions)];

    public Spec<ReclaimState> Build() => WithFaults(WithRequirements(WithReclaims(WithBackups(WithPoints()))));

    private static Spec<ReclaimState> WithPoints() =>
        Spec.From(ReclaimState.Initial)
            .Action("Delete", Points, (s, p) => s.Point(p) == PointState.Live, (s, p) => s.Change(p, PointState.Deleted))
            .Action("Undelete", Points, (s, p) => s.Point(p) == PointState.Deleted, (s, p) => s.Change(p, PointState.Live));

    private Spec<ReclaimState> WithBackups(Spec<ReclaimState> spec) =>
        spec.Action(
                "BackupBegin",
                Sessions,
                (s, i) => s[i].Phase == Phase.Idle,
                (s, i) => s.With(i, new ModelSession(Phase.BackupBegan, s.Condemned)) with { Slot = (byte)i }
            )
            .Action(
                "BackupLook",
                Sessions,
                (s, i) => s[i].Phase == Phase.BackupBegan,
                (s, i) => s.With(i, new ModelSession((s.Packs & ~s[i].Packs) != 0 ? Phase.BackupReady : Phase.BackupMustStore))
            )
            .Action(
                "BackupStore",
                Sessions,
                (s, i) => s[i].Phase == Phase.BackupMustStore && s.Next < ReclaimState.MaxPacks,
                (s, i) => s.Store().Enter(i, Phase.BackupReady)
            )
            .Action(
                "BackupCommit",
                Sessions,
                (s, i) => s[i].Phase == Phase.BackupReady && s.Slot == i,
                (s, i) => s.End(i) with { Later = PointState.Live }
            );

    private Spec<ReclaimState> WithReclaims(Spec<ReclaimState> spec) =>
        spec.Action(
                "ReclaimBegin",
                Sessions,
                (s, i) => s[i].Phase == Phase.Idle,
                (s, i) => s.Enter(i, Phase.ReclaimBegan) with { Slot = (byte)i }
            )
            .Action(
                "Purge",
                Sessions,
                (s, i) => s[i].Phase == Phase.ReclaimBegan && s.Slot == i && Points.Any(p => s.Point(p) == PointState.Deleted),
                (s, _) => s with { First = Purged(s.First), Later = Purged(s.Later) }
            )
            .Action("Mark", Sessions, (s, i) => s[i].Phase == Phase.ReclaimBegan, Mark)
            .Action("Drop", Sessions, (s, i) => s[i].Phase == Phase.Marked, Drop)
            .Action(
                "Move",
                Sessions,
                (s, i) => s[i].Phase == Phase.Marked && s[i].IsNeeded && s[i].Seen != 0 && s.Next < ReclaimState.MaxPacks,
                (s, i) => s.Store().With(i, new ModelSession(Phase.Planned, s[i].Seen))
            )
            .Action(
                "Condemn",
                Sessions,
                (s, i) => s[i].Phase == Phase.Planned && s.Slot == i && s.Condemned == 0,
                (s, i) => s.Enter(i, Phase.Deleting) with { Condemned = s[i].Packs }
            )
            // Without a look at the record: whoever knows that a pack is condemned deletes it.
            .Action(
                "DeletePack",
                _deletions,
                (s, d) => IsDeleting(s[d.Session].Phase) && (s[d.Session].Packs & s.Packs & (1 << d.Pack)) != 0,
                (s, d) => s with { Packs = (byte)(s.Packs & ~(1 << d.Pack)) }
            )
            .Action("Confirm", Sessions, (s, i) => IsDeleting(s[i].Phase) && s.Slot == i && (s.Packs & s[i].Packs) == 0, Confirm)
            .Action("Fenced", Sessions, (s, i) => WantsToWrite(s[i].Phase) && s.Slot != i, (s, i) => s.End(i));

    /// <summary>What a reclaim knows from here on: all of it may be out of date at once.</summary>
    public static ReclaimState Mark(ReclaimState s, int i)
    {
        var seen = (byte)(s.Packs & ~s.Condemned);
        return s.With(
            i,
            s.Condemned != 0
                ? new ModelSession(Phase.DeletingEarlier, s.Condemned, seen, s.IsNeeded)
                : new ModelSession(Phase.Marked, 0, seen, s.IsNeeded)
        );
    }

    /// <summary>Of what is needed one pack stays, of what is not none does.</summary>
    private static ReclaimState Drop(ReclaimState s, int i)
    {
        var kept = s[i].IsNeeded ? s[i].Seen & -s[i].Seen : 0;
        var packs = (byte)(s[i].Seen & ~kept);
        return packs == 0 ? s.End(i) : s.With(i, new ModelSession(Phase.Planned, packs));
    }

    private static ReclaimState Confirm(ReclaimState s, int i) =>
        s[i].Phase == Phase.DeletingEarlier
            ? s.With(i, new ModelSession(Phase.Marked, 0, s[i].Seen, s[i].IsNeeded)) with
            {
                Condemned = 0,
            }
            : s.End(i) with
            {
                Condemned = 0,
            };

    private static PointState Purged(PointState point) => point == PointState.Deleted ? PointState.Purged : point;

    private static bool IsDeleting(Phase phase) => phase is Phase.DeletingEarlier or Phase.Deleting;

    private static bool WantsToWrite(Phase phase) => phase is Phase.BackupReady or Phase.Planned || IsDeleting(phase);

    private Spec<ReclaimState> WithRequirements(Spec<ReclaimState> spec) =>
        spec.Invariant("RESTORABLE", "A recovery point that is not purged never misses a chunk.", s => !s.IsNeeded || s.Packs != 0)
            .Invariant(
                "RELIABLE",
                "It never hangs on a pack that somebody may be about to delete.",
                s => !s.IsNeeded || (s.Packs & ~s.Condemned) != 0
            )
            .Rule(
                "CONDEMNED-FIRST",
                "A pack is deleted only after the record condemns it.",
                (b, a) => (b.Packs & ~a.Packs & ~b.Condemned) == 0
            )
            .Rule("CONDEMNED-IS-FINAL", "A pack is condemned until it is gone.", (b, a) => (b.Condemned & ~a.Condemned & a.Packs) == 0)
            .Reachable("FREED", "All space comes back.", s => s is { Packs: 0, Condemned: 0, First: PointState.Purged })
            .Reachable(
                "ZOMBIE",
                "A reclaim that lost its slot deletes under a backup's hands.",
                s =>
                    Sessions.Any(i => s[i].Phase == Phase.Deleting && s.Slot != i && (s[i].Packs & s.Packs) != 0)
                    && Sessions.Any(i => s[i].Phase == Phase.BackupReady && s.Slot == i)
            )
            .Reachable(
                "MOVED",
                "What is needed outlives the pack it was in.",
                s => s.First == PointState.Live && (s.Packs & 1) == 0 && s.Condemned == 0
            );

    private Spec<ReclaimState> WithFaults(Spec<ReclaimState> spec) =>
        spec.Fault(
                "backup relies on condemned packs",
                "BackupLook",
                (b, a) => Entered(b, a, Phase.BackupMustStore) != 0 && b.Packs != 0,
                (b, a) => a.Enter(Entered(b, a, Phase.BackupMustStore), Phase.BackupReady)
            )
            .Fault(
                "deletes before it condemns",
                "Drop",
                (b, a) => Entered(b, a, Phase.Planned) != 0,
                (b, a) => a.Enter(Entered(b, a, Phase.Planned), Phase.Deleting)
            )
            .Fault(
                "marks before it has the slot",
                "BackupCommit",
                (b, _) => Sessions.Any(i => b[i].Phase == Phase.Idle),
                (b, a) =>
                {
                    var early = Sessions.First(i => b[i].Phase == Phase.Idle);
                    return a.With(early, Mark(b, early)[early]) with { Slot = (byte)early };
                }
            )
            .Fault("condemnation ends before the packs are gone", "Condemn", (_, a) => a with { Condemned = 0 })
            .Fault(
                "whoever lost the slot ends the condemnation",
                "Fenced",
                (b, a) => IsDeleting(b[Entered(b, a, Phase.Ended)].Phase) && (b.Condemned & b.Packs) != 0,
                (_, a) => a with { Condemned = 0 }
            )
            .Fault(
                "condemns without the slot",
                "Fenced",
                (b, a) => Entered(b, a, Phase.Ended) is var i && b[i].Phase == Phase.Planned,
                (b, a) =>
                    Entered(b, a, Phase.Ended) is var i
                        ? a.With(i, b[i] with { Phase = Phase.Deleting }) with
                        {
                            Condemned = (byte)(b.Condemned | b[i].Packs),
                        }
                        : a
            )
            .Fault(
                "commits without the slot",
                "Fenced",
                (b, a) => b[Entered(b, a, Phase.Ended)].Phase == Phase.BackupReady,
                (_, a) => a with { Later = PointState.Live }
            )
            .Fault(
                "takes deleted for purged",
                "Mark",
                (b, a) => Entered(b, a, Phase.Marked) != 0 && b is { First: not PointState.Live, Later: not PointState.Live },
                (b, a) => Entered(b, a, Phase.Marked) is var i ? a.With(i, a[i] with { IsNeeded = false }) : a
            )
            .Fault("condemns before it has moved", "Move", (b, a) => a with { Packs = b.Packs });

    /// <summary>The session that entered a phase in this step; 0 when none did.</summary>
    private int Entered(ReclaimState b, ReclaimState a, Phase phase) =>
        Sessions.FirstOrDefault(i => a[i].Phase == phase && b[i].Phase != phase);
}
