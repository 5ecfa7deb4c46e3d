using System.Collections.Immutable;
using CsCheck;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Rotation;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Vaults;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Rotation;

/// <summary>
/// The real vault record, the real item records and the real decisions about candidates, passes, rings and safe versions, driven by the
/// model's steps. Storage is a set of rings, and a step happens when the model says so; all else is asked of the code that runs.
/// </summary>
internal sealed partial class RealRotation
{
    private static readonly ItemKey[] ItemKeys =
    [
        new(default, default),
        new(ItemStage.Key.VaultId, ItemId.Create()),
        new(ItemStage.Key.VaultId, ItemId.Create()),
    ];

    private VaultRecord _vault;
    private ImmutableArray<ItemRecord?> _items = [null, null, null];
    private ImmutableArray<ImmutableDictionary<string, KeyRing>> _rings =
    [
        .. Enumerable.Repeat(ImmutableDictionary<string, KeyRing>.Empty, 3),
    ];

    // What somebody at work remembers that the model leaves out: the sequence number of the ring he read.
    private ImmutableDictionary<ModelWork, long> _read = ImmutableDictionary<ModelWork, long>.Empty;

    public RealRotation()
    {
        _vault = VaultSamples.New().WithIdentity();
        // A vault begins with a platform key; generations are counted from the first assigned one.
        _vault = _vault.WithKey(VersionOf(1)).WithItem();
        _vault = _vault with { Roster = [ItemKeys[1].ItemId] };
        Protect(1, 1);
        Assert.Null(_vault.Settings.Encryption.Previous);
    }

    private RealRotation(RealRotation other) => (_vault, _items, _rings, _read) = (other._vault, other._items, other._rings, other._read);

    public RealRotation Clone() => new(this);

    private EncryptionSettings Encryption => _vault.Settings.Encryption;

    /// <summary>The model's generation 1 is the first with a customer-managed key, the record's second.</summary>
    private static long Real(int generation) => generation + 1;

    private static string VersionOf(int key) => $"{key:x32}";

    private static readonly KeyId[] Ids =
    [
        .. Enumerable
            .Range(0, 5)
            .Select(key =>
                (key == RotationState.Elsewhere ? KeyId.Parse("https://kv2.vault.localhost/keys/other") : VaultSamples.Key).WithVersion(
                    VersionOf(key)
                )
            ),
    ];

    private static readonly string[] Texts = [.. Ids.Select(id => id.ToString())];

    private static KeyId IdOf(int key) => Ids[key];

    private static KeyFacts FactsOf(int key, KeyId requested) =>
        VaultSamples.Facts.With(p => p with { Id = IdOf(key) }) with
        {
            Requested = requested,
        };

    private static List<KeyProperties> VersionsOf(RotationState s) =>
        [.. Enumerable.Range(1, s.Created).Select(key => VaultSamples.Properties with { Id = IdOf(key), Enabled = s.IsOn(key) })];

    /// <summary>Null when it agrees; otherwise what does not.</summary>
    public string? Take(Transition<RotationState> step, RotationScope scope)
    {
        var (b, a) = (step.Before, step.After);
        return TakeVault(step.Action, b, a) ?? TakeItem(step, b, a, scope) ?? Differs(a);
    }

    private string? TakeVault(string action, RotationState b, RotationState a)
    {
        switch (action)
        {
            case "Look" or "LookInVain":
                return DiffersInVerdict(b)
                    ?? Found(
                        RotationCandidate.Choose(Encryption.Current.KeyId, VersionsOf(b), VaultSamples.Now),
                        RotationProtocol.ChoiceOf(b)
                    );
            case "LookForReplacement" or "LookForReplacementInVain":
                return DiffersInVerdict(b)
                    ?? Found(
                        RotationCandidate.Replace(Encryption.Current.KeyId, VersionsOf(b), VaultSamples.Now),
                        RotationProtocol.ReplacementOf(b)
                    );
            case "GoAway" or "ComeBack":
                return DiffersInVerdict(a);
            case "Announce":
                if (!_vault.MayFollow(Real(b.Look.From), Texts[b.Look.Key]))
                    return "refuses to follow";
                _vault = _vault.Follow(Texts[b.Look.Key], VaultSamples.Facts.Key!.PublicKeyThumbprint, VaultSamples.Now);
                return null;
            case "AnnounceInVain":
                return _vault.MayFollow(Real(b.Look.From), Texts[b.Look.Key]) ? "follows a look that is out of date" : null;
            case "Assign":
                _vault = Assign(b.Order);
                return null;
            case "AssignInVain":
                return VaultSamples.CodeOf(() => Assign(b.Order)) is ErrorCodes.RotationBlocked or ErrorCodes.ConcurrentChange
                    ? null
                    : "assigns";
            case "Finish":
                _vault = _vault.FinishRotation(Real(b.Seen));
                return null;
            case "FinishInVain":
                return ReferenceEquals(_vault, _vault.FinishRotation(Real(b.Seen))) ? null : "finishes another pass";
            default:
                return null;
        }
    }

    private static string? Found(KeyProperties? found, int expected) =>
        found?.Id == (expected == 0 ? null : IdOf(expected)) ? null : $"finds {found?.Id}, not version {expected}";

    /// <summary>Of each version: the canary proves it, or it is denied, or nobody can say.</summary>
    private static string? DiffersInVerdict(RotationState s)
    {
        foreach (var key in Enumerable.Range(1, s.Created))
        {
            var fault =
                s.Away ? VaultSamples.Fault(KeyVaultFault.Unreachable, 0)
                : s.IsOn(key) ? null
                : VaultSamples.Fault(KeyVaultFault.KeyDisabled);
            var expected =
                s.Away ? "outage"
                : s.IsOn(key) ? "proved"
                : "denied";
            if (VerdictOf(FactsOf(key, IdOf(key)) with { WrapFault = fault, UnwrapFault = fault }) is var verdict && verdict != expected)
                return $"version {key} is {verdict}, not {expected}";
        }
        return null;
    }

    private static string VerdictOf(KeyFacts facts)
    {
        try
        {
            return Canary.Judge(facts) is null ? "denied" : "proved";
        }
        catch (KeyVaultException)
        {
            return "outage";
        }
    }

    private VaultRecord Assign(ModelLook look)
    {
        var requested = look.Kind == LookKind.Track ? IdOf(look.Key).Versionless : IdOf(look.Key);
        var current = Encryption.Current with { Generation = Real(look.From) };
        var seen = _vault with { Settings = _vault.Settings with { Encryption = Encryption with { Current = current } } };
        return _vault.AssignKey(requested, null, FactsOf(look.Key, requested), seen, VaultSamples.Now);
    }

    private string? Differs(RotationState s)
    {
        var says = (Encryption.Current.Generation, Encryption.Current.KeyId, Encryption.Previous?.Generation, _vault.FollowsRotation);
        var expected = (Real(s.Gen), Texts[s.Current], s.Since == 0 ? (long?)null : Real(s.Since), s.Follows);
        if (says != expected)
            return $"the vault says {says}, not {expected}";
        if (_vault.MustBeWatched != (s.Follows || s.Since != 0))
            return "the vault would go to sleep, or never does";
        return DiffersInItem(1, s) ?? DiffersInItem(2, s) ?? DiffersInUse(s);
    }

    private string? DiffersInItem(int number, RotationState s)
    {
        var (item, expected, rings) = (_items[number], s[number], _rings[number]);
        if (_vault.Roster.Contains(ItemKeys[number].ItemId) != expected.Enrolled)
            return $"item {number} is enrolled, or is not";
        if ((item?.KeyGeneration ?? 0) != (expected.Gen == 0 ? 0 : Real(expected.Gen)))
            return $"item {number} stands at {item?.KeyGeneration}, not {expected.Gen}";
        var named = item?.Ring is { } reference ? rings[reference.Name] : null;
        if (named?.KeyGeneration != (expected.Ring == 0 ? (long?)null : Real(expected.Ring)))
            return $"item {number} names a ring of {named?.KeyGeneration}, not {expected.Ring}";
        if (named is not null && (item!.KeyId != Texts[s.Key(expected.Ring)] || item.RingSeq != named.Seq))
            return $"item {number} says {item.KeyId} of its ring";
        var ahead = BitsOf(rings.Values.Where(ring => ring.Seq > (item?.RingSeq ?? 0)));
        // A second ring of the generation in force has the same key.
        var stale = BitsOf(rings.Values.Where(ring => ring.Seq <= (item?.RingSeq ?? 0) && ring.KeyGeneration != named?.KeyGeneration));
        return (ahead, stale) == (expected.Ahead, expected.Stale & ~RotationState.Bit(expected.Ring))
            ? null
            : $"item {number} has rings {ahead:b} ahead and {stale:b} stale, not {expected.Ahead:b} and {expected.Stale:b}";
    }

    private static int BitsOf(IEnumerable<KeyRing> rings) =>
        rings.Aggregate(0, (bits, ring) => bits | (1 << (int)(ring.KeyGeneration - 1)));

    /// <summary>What a listing says of each version that was ever in force, and whether the pass has anything left to do.</summary>
    private string? DiffersInUse(RotationState s)
    {
        List<ItemKeyUse> uses =
        [
            .. Enumerable
                .Range(1, 2)
                .Where(i => _vault.Roster.Contains(ItemKeys[i].ItemId))
                .Select(i => new ItemKeyUse(
                    ItemKeys[i].ItemId,
                    $"item {i}",
                    _items[i]?.KeyGeneration,
                    _rings[i].Values.SelectMany(ring => ring.Epochs).Select(epoch => epoch.KeyId).ToHashSet()
                )),
        ];
        if ((RotationPass.Remaining(uses, Encryption).Count == 0) != s.AllDone)
            return $"a pass would be {(s.AllDone ? "kept open" : "finished too early")}";
        foreach (var need in KeyNeeds.Of(Encryption, uses))
        {
            var key = Array.IndexOf(Texts, need.KeyId, 1);
            if (key > 0 && need.SafeToDisable != s.IsSafe(key))
                return $"version {key} is called {(need.SafeToDisable ? "safe" : "needed")}";
        }
        return null;
    }
}
