using CsCheck;

namespace RecoveryVault.Tests.Rotation;

internal sealed partial class RotationProtocol
{
    private Spec<RotationState> WithFaults(Spec<RotationState> spec)
    {
        spec = WithPassFaults(WithVaultFaults(spec));
        if (Scope is { Generations: > 2, Versions: > 2 })
            spec = WithReplacementFaults(spec);
        if (Scope.Generations > 2 && Scope.Has(RotationParts.Duplicates))
            spec = WithDuplicateFaults(spec);
        if (Scope.Versions > 2)
            spec = spec.Fault(
                "takes a disabled version",
                "Look",
                (b, _) => !b.IsOn(b.Created),
                (b, a) => a with { Look = a.Look with { Key = b.Created } }
            );
        if (Scope.Has(RotationParts.Creation))
            spec = WithCreationFaults(spec);
        if (Scope.Has(RotationParts.Jobs))
            spec = spec.Fault(
                "a backup ends with the version it began with",
                "Disable",
                (b, a) => b.Job.Item != 0 && !a.IsOn(a.Key(b.Job.Gen)),
                (_, a) => a with { Job = default }
            );
        if (Scope.Has(RotationParts.Deletions))
            spec = spec.Fault(
                    "soft-deleted points are passed by",
                    "RewrapRead",
                    (_, a) => a.A.Point == PointState.Deleted,
                    (b, a) => a with { Since = 0, V = default, W = default }
                )
                .Fault(
                    "soft-deleted points are lost with a denied key",
                    "Disable",
                    (b, a) => !a.IsOn(a.Current) && a.A.Point == PointState.Deleted,
                    (_, a) => a with { A = a.A with { Point = PointState.None } }
                );
        if (Scope.Has(RotationParts.Outages))
            spec = WithOutageFaults(spec);
        return Scope.Has(RotationParts.Assignments) ? WithAssignmentFaults(spec) : spec;
    }

    private static Spec<RotationState> WithVaultFaults(Spec<RotationState> spec) =>
        spec.Fault(
                "announces without a canary",
                "NewVersion",
                (b, _) => b is { Since: 0, Gen: 1, Look.Key: 0, Order.Key: 0 },
                (_, a) => a.Raise(a.Created)
            )
            .Fault(
                "leaves a disabled version for a newer one",
                "LookInVain",
                (b, _) => !b.IsOn(b.Current) && NewestAfter(b) != 0,
                (b, a) => Saw(a, NewestAfter(b))
            )
            .Fault("announces twice", "AnnounceInVain", (b, _) => b.Gen < 3, (b, a) => a.Raise(b.Look.Key))
            .Fault("a stale activation rewinds the vault", "AnnounceInVain", (b, a) => a with { Gen = b.Look.From })
            .Fault(
                "a denied key costs its items",
                "Disable",
                (_, a) => !a.IsOn(a.Current),
                (_, a) => a with { A = a.A with { Point = PointState.None } }
            )
            .Fault(
                "safe as soon as the version is left",
                "Disable",
                (b, a) => b.Since != 0 && Disabled(b, a) == b.Key(b.Since),
                (b, a) => a with { Promised = (byte)(a.Promised | RotationState.Bit(Disabled(b, a))) }
            );

    /// <summary>A dead target that is replaced, and what it leaves behind.</summary>
    private static Spec<RotationState> WithReplacementFaults(Spec<RotationState> spec) =>
        spec.Fault(
                "steps back when the target is denied",
                "LookForReplacementInVain",
                (b, _) => !b.IsOn(b.Current),
                (b, a) => a with { Gen = b.Since, Since = 0 }
            )
            .Fault(
                "a replaced target is all the pass leaves behind",
                "Announce",
                (b, _) => b.Since != 0,
                (b, a) => a with { Since = b.Gen }
            )
            .Fault(
                "finishes what was seen of an older target",
                "Announce",
                (b, _) => b.Seen == b.Gen,
                (_, a) => a with { Since = 0, Seen = 0 }
            );

    private static Spec<RotationState> WithDuplicateFaults(Spec<RotationState> spec) =>
        spec.Fault(
            "writes without the condition",
            "RewrapFenced",
            (b, a) => Ended(b, a) is { Item: 1, Stored: true } work && b.A.Gen > work.Context,
            (b, a) => a with { A = b.A.Name(Ended(b, a).Context) }
        );

    private static Spec<RotationState> WithPassFaults(Spec<RotationState> spec) =>
        spec.Fault(
                "fences before it re-wraps",
                "RewrapWrite",
                (b, a) => b.A.Ring != a.A.Ring,
                (b, a) => a with { A = a.A with { Ring = b.A.Ring } }
            )
            .Fault(
                "re-wraps without raising the fence",
                "RewrapWrite",
                (b, a) => b.A.Ring != a.A.Ring,
                (b, a) => a with { A = a.A with { Gen = b.A.Gen } }
            )
            .Fault("clears the ring in force", "Clear", (_, a) => a with { A = a.A with { Lost = true } })
            .Fault(
                "the end of one tick's work drops the pass",
                "RewrapEnds",
                (b, a) => b.Since != 0 && b.A.Ring < b.Gen,
                (_, a) => a with { Since = 0 }
            );

    private static Spec<RotationState> WithCreationFaults(Spec<RotationState> spec) =>
        spec.Fault(
                "an item without record is passed by",
                "RewrapWrite",
                (_, a) => a.A.Gen == a.Gen && a.B is { Enrolled: true, Gen: 0 },
                (_, a) => a with { Since = 0 }
            )
            .Fault(
                "finishes when the first item is done",
                "RewrapWrite",
                (_, a) => a.B.Ring != 0 && a.B.Ring < a.Gen,
                (_, a) => a with { Since = 0 }
            )
            .Fault(
                "clears rings that are about to be in force",
                "Clear",
                (_, a) => a with { A = a.A with { Ahead = 0 }, B = a.B with { Ahead = 0 } }
            )
            .Fault("takes memory for a listing", "RewrapWrite", (b, a) => !b.AllDone && a.Since != 0, (_, a) => a with { Seen = a.Gen })
            .Fault(
                "a late creation is not fenced",
                "CreateAskAgain",
                (b, _) => (b.B.Ahead & RotationState.Bit(b.Creation.Context)) != 0,
                (b, a) => a with { B = b.B.Name(b.Creation.Context), Creation = default }
            )
            .Fault(
                "a creation writes without the condition",
                "CreateFenced",
                (b, _) => b.B.Gen > b.Creation.Context,
                (b, a) => a with { B = b.B.Name(b.Creation.Context), Creation = default }
            )
            .Fault("keys before enrolment", "Enrol", (b, a) => !b.B.Enrolled, (_, a) => a with { B = a.B with { Enrolled = false } })
            .Fault(
                "safe though a stored ring may still come in force",
                "Disable",
                (b, a) => Disabled(b, a) is var key && key != b.Current && IsAhead(b, key),
                (b, a) => a with { Promised = (byte)(a.Promised | RotationState.Bit(Disabled(b, a))) }
            )
            .Fault(
                "safe though an item enrolled may still come to need it",
                "Disable",
                (b, a) =>
                    Disabled(b, a) is var key
                    && key != b.Current
                    && b.WasInForce(key)
                    && ((b.KeysOf(b.A) | b.KeysOf(b.B)) & RotationState.Bit(key)) == 0,
                (b, a) => a with { Promised = (byte)(a.Promised | RotationState.Bit(Disabled(b, a))) }
            );

    private static Spec<RotationState> WithOutageFaults(Spec<RotationState> spec) =>
        spec.Fault("an outage ends the pass", "GoAway", (b, _) => b.Since != 0, (_, a) => a with { Since = 0 })
            .Fault("an outage is taken for a denial", "GoAway", (b, _) => NewestAfter(b) != 0, (b, a) => Saw(a, NewestAfter(b)));

    private static Spec<RotationState> WithAssignmentFaults(Spec<RotationState> spec) =>
        spec.Fault(
                "assigns during a pass",
                "AssignInVain",
                (b, _) => b.Since != 0 && b.Order.From == b.Gen && b.Gen < 3,
                (b, a) => a.Raise(b.Order.Key) with { Since = b.Gen }
            )
            .Fault(
                "assigns what was looked at before another did",
                "AssignInVain",
                (b, _) => b.Order.From < b.Gen && b.Gen < 3,
                (b, a) => a.Raise(b.Order.Key)
            )
            .Fault(
                "assigns without asking the old version",
                "LookInVain",
                (b, _) => !b.IsOn(b.Current) && b.IsOn(RotationState.Elsewhere),
                (_, a) => Wants(a, LookKind.Pin, RotationState.Elsewhere)
            )
            .Fault("follows though pinned", "AnnounceInVain", (b, _) => !b.Follows && b.Look.From == b.Gen, (b, a) => a.Raise(b.Look.Key));

    private static int Disabled(RotationState b, RotationState a) => int.TrailingZeroCount(a.Off & ~b.Off);

    /// <summary>Of an item that has none in force yet.</summary>
    private static bool IsAhead(RotationState s, int key) =>
        s.B.Ring == 0
        && s.Key(s.A.Ring) != key
        && Enumerable.Range(1, s.Gen).Any(g => s.Key(g) == key && (s.B.Ahead & RotationState.Bit(g)) != 0);

    /// <summary>Whose work a step ended.</summary>
    private static ModelWork Ended(RotationState b, RotationState a) => b.V == a.V || b.V == a.W ? b.W : b.V;
}
