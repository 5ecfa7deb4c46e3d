using System.Collections.Concurrent;
using CsCheck;

namespace RecoveryVault.Tests.Rotation;

internal sealed partial class RotationProtocol
{
    // Many states differ only in what is gone when everybody is dead.
    private readonly ConcurrentDictionary<RotationState, bool> _converged = [];

    private Spec<RotationState> WithRequirements(Spec<RotationState> spec) => WithSituations(WithRules(WithInvariants(spec)));

    private Spec<RotationState> WithInvariants(Spec<RotationState> spec) =>
        spec.Invariant(
                "READABLE",
                "Every ring in force is there, and unwraps while only versions that were called safe are disabled.",
                s => IsReadable(s, s.A) && IsReadable(s, s.B)
            )
            .Invariant(
                "FREE",
                "No running or new job needs a version that was called safe.",
                s =>
                    !IsPromised(s, s.Current)
                    && !(IsCreating(s) && s.B.Gen <= s.Creation.Context && IsPromised(s, s.Key(s.Creation.Context)))
            )
            .Invariant("ATOMIC", "An item's ring and its generation change together.", s => IsWhole(s.A) && IsWhole(s.B))
            .Invariant(
                "IDLE-MEANS-DONE",
                "Outside a pass every item has the version in force, and nobody can come by an older one.",
                s => s.Since != 0 || (IsFenced(s, s.A) && IsFenced(s, s.B))
            )
            .Invariant(
                "CONVERGES",
                "With everything back, whoever was at work dead: two ticks later every item has the newest version, every other is safe.",
                s => _converged.GetOrAdd(Recovered(s), recovered => IsConverged(Sync(Sync(recovered))))
            );

    private static bool IsReadable(RotationState s, ModelItem item) => !item.Lost && !IsPromised(s, s.Key(item.Ring));

    private static bool IsWhole(ModelItem item) => item.Ring == 0 || item.Ring == item.Gen;

    private static bool IsPromised(RotationState s, int key) => (s.Promised & RotationState.Bit(key)) != 0;

    /// <summary>Every item with keys has the version in force; whoever makes keys with an older one will be told to start over.</summary>
    private static bool IsFenced(RotationState s, ModelItem item) => item.Ring != 0 ? item.Gen == s.Gen : !MayBringOlder(s);

    private static bool MayBringOlder(RotationState s) =>
        s.Creation.Item != 0
        && s.B.Ring == 0
        && s.Creation.Context < s.Gen
        && (s.Creation.Stored ? IsAsRead(s, s.Creation) : s.B.Gen <= s.Creation.Context);

    private static Spec<RotationState> WithRules(Spec<RotationState> spec) =>
        spec.Rule(
                "MONOTONE",
                "No generation ever goes back.",
                (b, a) => a.Gen >= b.Gen && a.Gen <= b.Gen + 1 && a.A.Gen >= b.A.Gen && a.B.Gen >= b.B.Gen
            )
            .Rule(
                "CANARY",
                "A version comes into force only after it wrapped and unwrapped a canary.",
                (b, a) => a.Gen == b.Gen || IsProved(b.Look, b, a) || IsProved(b.Order, b, a)
            )
            .Rule(
                "VERDICT",
                "What a look finds was enabled and answered.",
                (b, a) => IsAllowed(b, b.Look, a.Look) && IsAllowed(b, b.Order, a.Order)
            )
            .Rule(
                "REVOCATION",
                "A disabled version in force is never a reason to leave it for another, unless it is the target of a pass.",
                (b, a) => b.IsOn(b.Current) || ((b.Since != 0 || Stays(b, b.Look, a.Look)) && Stays(b, b.Order, a.Order))
            )
            .Rule(
                "PINNED",
                "A pinned version stays until a user says otherwise.",
                (b, a) => a.Gen == b.Gen || b.Follows || IsAssigned(b, a)
            )
            .Rule(
                "ONE-AT-A-TIME",
                "What a pass leaves behind stands until it is finished.",
                (b, a) => a.Since == b.Since || (b.Since == 0 ? a.Since == b.Gen : a.Since == 0)
            )
            .Rule("SEEN", "Nobody sees nothing left while something is.", (b, a) => a.Seen == b.Seen || a.Seen == 0 || b.AllDone)
            .Rule(
                "NOTHING-DESTROYED",
                "No recovery point and no ring in force goes away, whatever a key vault says.",
                (b, a) => (b.A.Point == PointState.None || a.A.Point != PointState.None) && (b.A.Ring == 0 || a.A.Ring != 0)
            )
            .Rule(
                "RUNNING",
                "Disabling a version that is safe ends no backup.",
                "Disable",
                (b, a) => a.Promised == b.Promised || a.Job == b.Job
            );

    private static bool IsProved(ModelLook look, RotationState b, RotationState a) => look.Key == a.Current && look.From == b.Gen;

    private static bool IsAllowed(RotationState b, ModelLook old, ModelLook look) => look == old || look.Key == 0 || b.Allows(look.Key);

    private static bool Stays(RotationState b, ModelLook old, ModelLook look) => look == old || look.Key == 0 || look.Key == b.Current;

    private static bool IsAssigned(RotationState b, RotationState a) => b.Order.From == b.Gen && b.Order.Key == a.Current;

    private static RotationState Recovered(RotationState s) =>
        s with
        {
            Off = 0,
            Promised = 0,
            Away = false,
            Seen = 0,
            Look = default,
            Order = default,
            V = default,
            W = default,
            Creation = default,
            Job = default,
        };

    /// <summary>A pass under way goes on; then the key is looked at, and the pass that follows goes on too.</summary>
    private RotationState Sync(RotationState s)
    {
        s = Pass(s);
        var isDue = s.Since == 0 && s.Follows && s.Current != RotationState.Elsewhere && HasRoom(s) && ChoiceOf(s) != 0;
        return isDue ? Pass(s.Raise((byte)ChoiceOf(s))) : s;
    }

    private RotationState Pass(RotationState s)
    {
        foreach (var i in Scope.Items.Where(i => s[i].Enrolled))
        {
            var item = s[i];
            if (s.Since != 0 && item.Gen < s.Gen)
                item = item.Ring == 0 ? item with { Gen = s.Gen } : item.Store(s.Gen, isAhead: true).Name(s.Gen);
            s = s.With(i, item.Gen == 0 ? item : item.Clear());
        }
        return s.AllDone ? s with { Since = 0 } : s;
    }

    private bool IsConverged(RotationState s)
    {
        var others = Enumerable.Range(1, 4).Where(key => key != s.Current && s.WasInForce(key));
        var isNewest = !s.Follows || s.Current is RotationState.Elsewhere || !HasRoom(s) || s.Current == s.Created;
        return s.Since == 0 && isNewest && Scope.Items.All(i => s[i].Ring == 0 || s[i].Ring == s.Gen) && others.All(s.IsSafe);
    }

    private Spec<RotationState> WithSituations(Spec<RotationState> spec)
    {
        spec = spec.Reachable(
                "BLOCKED",
                "The old version is denied in the middle of a pass.",
                s => s.Since != 0 && s.A.Ring < s.Gen && !s.IsOn(s.Key(s.A.Ring))
            )
            .Reachable(
                "TARGET-DENIED",
                "The target is denied in the middle of a pass.",
                s => s.Since != 0 && s.A.Ring < s.Gen && !s.IsOn(s.Current)
            )
            .Reachable(
                "REVOKED",
                "The version in force is disabled, a newer one is there.",
                s => s is { Since: 0, Look.Key: 0 } && !s.IsOn(s.Current) && s.Created > s.Current
            )
            .Reachable(
                "LEFT",
                "The old version is safe and disabled, everything goes on.",
                s => s is { Since: 0, Promised: not 0 } && s.A.Ring == s.Gen
            );
        if (Scope is { Generations: > 2, Versions: > 2 })
            spec = spec.Reachable("TWICE", "Two rotations.", s => s is { Since: 0, Gen: 3, A.Ring: 3 } && s.Current == 3)
                .Reachable(
                    "REPLACED",
                    "A dead target is replaced in the middle of its pass.",
                    s => s is { Gen: 3, Since: 1 } && s.A.Ring < 3
                );
        spec = Scope.Has(RotationParts.Creation) ? WithCreated(spec) : spec;
        if (Scope.Has(RotationParts.Duplicates) && Scope.Generations > 2)
            spec = spec.Reachable(
                "ZOMBIE",
                "Somebody re-wraps for a generation that is over.",
                s => s is { Since: 0, V.Item: not 0 } && s.V.Context < s.Gen
            );
        if (Scope.Has(RotationParts.Duplicates))
            spec = spec.Reachable(
                "DUPLICATE",
                "Two activations have stored a ring for the same item.",
                s => s is { V.Stored: true, W.Stored: true }
            );
        if (Scope.Has(RotationParts.Jobs))
            spec = spec.Reachable(
                "RUNS-ON",
                "A backup outlives the version it began with.",
                s => s.Job.Gen != 0 && IsPromised(s, s.Key(s.Job.Gen))
            );
        if (Scope.Has(RotationParts.Deletions))
            spec = spec.Reachable(
                "DELETED-TOO",
                "Soft-deleted points are taken along.",
                s => s is { Since: 0, Gen: 2, A: { Point: PointState.Deleted, Ring: 2 } }
            );
        if (Scope.Has(RotationParts.Outages))
            spec = spec.Rule("PATIENT", "An outage changes nothing.", "GoAway", (b, a) => a == b with { Away = true })
                .Reachable("OUTAGE", "The key vaults go away in the middle of a pass.", s => s is { Away: true, Since: not 0, A.Ring: 1 });
        return Scope.Has(RotationParts.Assignments) ? WithAssigned(spec) : spec;
    }

    private Spec<RotationState> WithCreated(Spec<RotationState> spec)
    {
        spec = spec.Reachable(
            "FENCED",
            "A creation under the old version meets the pass's record.",
            s => IsCreating(s) && s.B.Gen > s.Creation.Context
        );
        return Scope.Has(RotationParts.Jobs)
            ? spec.Reachable(
                "CREATED",
                "An item created during a pass is backed up under the new version.",
                s => s is { Since: 0, Gen: 2, B: { Ring: 2, Point: PointState.Live } }
            )
            : spec;
    }

    private Spec<RotationState> WithAssigned(Spec<RotationState> spec)
    {
        spec = spec.Reachable(
            "ELSEWHERE",
            "The items are wrapped by a key in another key vault.",
            s => s is { Since: 0, A.Ring: > 1 } && s.Current == RotationState.Elsewhere
        );
        return Scope.Generations > 2
            ? spec.Reachable(
                "BACK",
                "An older version is in force again, the newer one safe and disabled.",
                s => s is { Since: 0, Gen: 3, A.Ring: 3 } && s.Current == 1 && s.Promised != 0
            )
            : spec;
    }
}
