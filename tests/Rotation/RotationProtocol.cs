using CsCheck;

namespace RecoveryVault.Tests.Rotation;

/// <summary>
/// The protocol by which a vault leaves one key version for another while items are created, backed up and deleted, key vaults fail and
/// versions are disabled, as a state machine: each action is one step that storage or a key vault makes indivisible. Whoever works may be
/// slow, dead or a second activation: nobody knows. Requirements are what users are promised; faults are the ways it has been done wrong.
/// </summary>
internal sealed partial class RotationProtocol(RotationScope scope)
{
    public RotationScope Scope { get; } = scope;

    public Spec<RotationState> Build() => WithFaults(WithRequirements(WithSurroundings(WithPass(WithVault(WithKeys())))));

    private Spec<RotationState> WithKeys() =>
        Spec.From(RotationState.Initial)
            .Action("NewVersion", s => s.Created < Scope.Versions, s => s with { Created = (byte)(s.Created + 1) })
            .Action("Disable", Scope.Keys, CanDisable, Disable)
            .Action("Enable", Scope.Keys, (s, k) => !s.IsOn(k), Enable);

    private bool CanDisable(RotationState s, int key) =>
        s.IsOn(key)
        && int.PopCount(s.Off) < Scope.Disabled
        && (key == RotationState.Elsewhere ? s.WasInForce(key) || s.IsWanted(key) : key <= s.Created);

    /// <summary>Whoever disables a version he is about to assign breaks his own promise.</summary>
    private static RotationState Disable(RotationState s, int key)
    {
        var isPromised = s.WasInForce(key) && s.IsSafe(key) && !s.IsWanted(key);
        return s with
        {
            Off = (byte)(s.Off | RotationState.Bit(key)),
            Promised = (byte)(isPromised ? s.Promised | RotationState.Bit(key) : s.Promised),
        };
    }

    private static RotationState Enable(RotationState s, int key) =>
        s with
        {
            Off = (byte)(s.Off & ~RotationState.Bit(key)),
            Promised = (byte)(s.Promised & ~RotationState.Bit(key)),
        };

    private Spec<RotationState> WithVault(Spec<RotationState> spec)
    {
        spec = spec.Action("Look", s => MayLook(s) && ChoiceOf(s) != 0, s => Saw(s, ChoiceOf(s)))
            .Action("LookInVain", s => MayLook(s) && ChoiceOf(s) == 0, s => s)
            .Action("LookForReplacement", s => MayReplace(s) && ReplacementOf(s) != 0, s => Saw(s, ReplacementOf(s)))
            .Action("LookForReplacementInVain", s => MayReplace(s) && ReplacementOf(s) == 0, s => s)
            .Action("Announce", s => s.Look.Key != 0 && MayAnnounce(s), s => s.Raise(s.Look.Key))
            // The look of a tick that comes twice, or is older than another's announcement.
            .Action("AnnounceInVain", s => s.Look.Key != 0 && !MayAnnounce(s), s => s)
            .Action("ForgetLook", s => s.Look.Key != 0, s => s with { Look = default });
        return Scope.Has(RotationParts.Assignments) ? WithAssignments(spec) : spec;
    }

    private Spec<RotationState> WithAssignments(Spec<RotationState> spec) =>
        spec.Action("LookToPin", Scope.Keys, MayPin, (s, k) => Wants(s, LookKind.Pin, k))
            .Action("LookToTrack", s => MayAssign(s, s.Created), s => Wants(s, LookKind.Track, s.Created))
            .Action("Assign", s => s.Order.Key != 0 && MayPut(s), Assign)
            .Action("AssignInVain", s => s.Order.Key != 0 && !MayPut(s), s => s)
            .Action("ForgetOrder", s => s.Order.Key != 0, s => s with { Order = default });

    private bool MayLook(RotationState s) =>
        s is { Since: 0, Follows: true, Away: false, Look.Key: 0 } && s.Current != RotationState.Elsewhere && HasRoom(s);

    /// <summary>
    /// Only a pass that is blocked asks: an item is refused, because of the old version or of the target, and the target cannot be used.
    /// </summary>
    private bool MayReplace(RotationState s) =>
        s is { Since: not 0, Follows: true, Away: false, Look.Key: 0 } && s.Current != RotationState.Elsewhere && !s.AllDone && HasRoom(s);

    private bool HasRoom(RotationState s) => s.Gen < Scope.Generations;

    /// <summary>The newest usable version after an enabled current one; 0 to stay.</summary>
    public static int ChoiceOf(RotationState s) => s.IsOn(s.Current) ? NewestAfter(s) : 0;

    /// <summary>The newest usable version after a target that cannot be used; 0 to stay.</summary>
    public static int ReplacementOf(RotationState s) => s.IsOn(s.Current) ? 0 : NewestAfter(s);

    private static int NewestAfter(RotationState s)
    {
        for (int key = s.Created; key > s.Current; key--)
        {
            if (s.IsOn(key))
                return key;
        }
        return 0;
    }

    private static RotationState Saw(RotationState s, int key) => s with { Look = new ModelLook(LookKind.Follow, s.Gen, (byte)key) };

    private static RotationState Wants(RotationState s, LookKind kind, int key) => s with { Order = new ModelLook(kind, s.Gen, (byte)key) };

    private static bool MayAnnounce(RotationState s) => s.Look.From == s.Gen && s.Follows;

    private bool MayPin(RotationState s, int key) => (key == RotationState.Elsewhere || key <= s.Created) && MayAssign(s, key);

    /// <summary>R38: the new version proves itself, and the old one must unwrap once more.</summary>
    private bool MayAssign(RotationState s, int key) =>
        s.Order.Key == 0 && s.Allows(key) && (key == s.Current || s.IsOn(s.Current)) && (key == s.Current || HasRoom(s));

    /// <summary>Nothing changed since the look, and no pass is under way, unless it is towards this very version.</summary>
    private static bool MayPut(RotationState s) => s.Order.From == s.Gen && (s.Since == 0 || s.Order.Key == s.Current);

    private static RotationState Assign(RotationState s)
    {
        var next = s.Order.Key == s.Current ? s : s.Raise(s.Order.Key);
        return next with { Follows = s.Order.Kind == LookKind.Track };
    }
}
