using CsCheck;

namespace RecoveryVault.Tests.Rotation;

internal sealed partial class RotationProtocol
{
    private Spec<RotationState> WithPass(Spec<RotationState> spec) =>
        spec.Action(
                "RewrapRead",
                Scope.Items,
                (s, i) => s.Since != 0 && s[i].Enrolled && s[i].Gen < s.Gen && FreePlace(s) >= 0,
                (s, i) => s.WithWork(FreePlace(s), new ModelWork((byte)i, s.Gen, s[i].Gen, s[i].Ring, false))
            )
            .Action("RewrapStore", Scope.Works, CanStore, RewrapStore)
            .Action("RewrapWrite", Scope.Works, (s, w) => IsReady(s.Work(w)) && IsAsRead(s, s.Work(w)), RewrapWrite)
            // Its conditional write fails, and what it reads then says that there is nothing left to do, or that it starts over.
            .Action("RewrapFenced", Scope.Works, (s, w) => IsReady(s.Work(w)) && !IsAsRead(s, s.Work(w)), EndWork)
            // The key vault refuses or is away, the store fails, the process dies.
            .Action("RewrapEnds", Scope.Works, (s, w) => s.Work(w).Item != 0, EndWork)
            .Action("Clear", Scope.Items, (s, i) => s[i].Gen != 0 && s[i].Clear() != s[i], (s, i) => s.With(i, s[i].Clear()))
            .Action("SeeNothingLeft", s => s.Since != 0 && s.AllDone && s.Seen != s.Gen, s => s with { Seen = s.Gen })
            .Action("Finish", s => s.Since != 0 && s.Seen == s.Gen, s => s with { Since = 0, Seen = 0 })
            .Action("FinishInVain", s => s.Seen != 0 && s.Seen != s.Gen, s => s with { Seen = 0 });

    private int FreePlace(RotationState s) =>
        s.V.Item == 0 ? 0
        : s.W.Item == 0 && Scope.Works.Length > 1 ? 1
        : -1;

    /// <summary>Unwrapped with the old version, wrapped with the new; without the ring it read there is nothing to unwrap.</summary>
    private static bool CanStore(RotationState s, int place) =>
        s.Work(place) is { Item: not 0, Stored: false, BaseRing: not 0 } work
        && (s[work.Item].Stored & RotationState.Bit(work.BaseRing)) != 0
        && s.Allows(s.Key(work.BaseRing))
        && s.Allows(s.Key(work.Context));

    private static RotationState RewrapStore(RotationState s, int place)
    {
        var work = s.Work(place);
        var item = s[work.Item].Store(work.Context, IsAsRead(s, work));
        return s.With(work.Item, item).WithWork(place, work with { Stored = true });
    }

    /// <summary>An item without a ring needs nothing but the fence.</summary>
    private static bool IsReady(ModelWork work) => work.Item != 0 && (work.Stored || work.BaseRing == 0);

    private static bool IsAsRead(RotationState s, ModelWork work) => s[work.Item].Gen == work.Base && s[work.Item].Ring == work.BaseRing;

    private static RotationState RewrapWrite(RotationState s, int place)
    {
        var work = s.Work(place);
        var item = s[work.Item];
        var next = work.BaseRing == 0 ? item with { Gen = work.Context } : item.Name(work.Context);
        return EndWork(s.With(work.Item, next), place);
    }

    private static RotationState EndWork(RotationState s, int place) => s.WithWork(place, default);

    private Spec<RotationState> WithSurroundings(Spec<RotationState> spec)
    {
        if (Scope.Has(RotationParts.Creation))
            spec = WithCreation(spec);
        if (Scope.Has(RotationParts.Jobs))
            spec = WithJobs(spec);
        if (Scope.Has(RotationParts.Deletions))
            spec = spec.Action("Delete", s => s.A.Point == PointState.Live, s => s with { A = s.A with { Point = PointState.Deleted } })
                .Action("Undelete", s => s.A.Point == PointState.Deleted, s => s with { A = s.A with { Point = PointState.Live } });
        if (Scope.Has(RotationParts.Outages))
            spec = spec.Action("GoAway", s => !s.Away, s => s with { Away = true })
                .Action("ComeBack", s => s.Away, s => s with { Away = false });
        return spec;
    }

    /// <summary>Enrolled first, by the same record that announcements are written to; keys and record come later, if at all.</summary>
    private static Spec<RotationState> WithCreation(Spec<RotationState> spec) =>
        spec.Action(
                "Enrol",
                s => s.Creation.Item == 0 && s.B.Ring == 0,
                s => s with { B = s.B with { Enrolled = true }, Creation = new ModelWork(2, s.Gen, 0, 0, false) }
            )
            .Action(
                "CreateStore",
                s => IsCreating(s) && s.B.Gen <= s.Creation.Context && s.Allows(s.Key(s.Creation.Context)),
                s =>
                    s with
                    {
                        B = s.B.Store(s.Creation.Context, isAhead: true),
                        Creation = s.Creation with { Base = s.B.Gen, Stored = true },
                    }
            )
            // A rotation came by: the vault is asked once more.
            .Action(
                "CreateAskAgain",
                s => IsCreating(s) && s.B.Gen > s.Creation.Context,
                s => s with { Creation = s.Creation with { Context = s.Gen } }
            )
            .Action(
                "CreateWrite",
                s => s.Creation.Stored && IsAsRead(s, s.Creation),
                s => s with { B = s.B.Name(s.Creation.Context), Creation = default }
            )
            .Action(
                "CreateFenced",
                s => s.Creation.Stored && !IsAsRead(s, s.Creation),
                s => s with { Creation = s.B.Ring != 0 ? default : s.Creation with { Base = 0, Stored = false } }
            )
            .Action("CreateEnds", s => s.Creation.Item != 0, s => s with { Creation = default });

    private static bool IsCreating(RotationState s) => s.Creation is { Item: not 0, Stored: false } && s.B.Ring == 0;

    private Spec<RotationState> WithJobs(Spec<RotationState> spec) =>
        spec.Action(
                "BackupBegin",
                Scope.Items,
                (s, i) => s.Job.Item == 0 && s[i].Ring != 0 && s[i].Gen == s.Gen && s.Allows(s.Current) && s.Allows(s.Key(s[i].Ring)),
                (s, i) => s with { Job = new ModelJob((byte)i, s.Gen) }
            )
            // It has its data keys in memory, and adopts the ring that is in force by now.
            .Action(
                "BackupCommit",
                s => s.Job.Item != 0,
                s => s.With(s.Job.Item, s[s.Job.Item] with { Point = PointState.Live }) with { Job = default }
            )
            .Action("BackupEnds", s => s.Job.Item != 0, s => s with { Job = default });
}
