namespace RecoveryVault.Tests.Rotation;

/// <summary>Why somebody looked at a key version: what he found he may write much later, or twice.</summary>
internal enum LookKind : byte
{
    None,

    /// <summary>A tick: a newer version, or one that replaces a target of no use.</summary>
    Follow,

    /// <summary>A user assigns one version by its full id.</summary>
    Pin,

    /// <summary>A user assigns the key without a version.</summary>
    Track,
}

/// <summary>A version somebody has wrapped and unwrapped a canary with, and the generation that was in force then.</summary>
internal readonly record struct ModelLook(LookKind Kind, byte From, byte Key);

/// <summary>An item as storage shows it. Its rings are named by the generation that wrapped them; 0 none.</summary>
/// <param name="Enrolled">In the vault's record.</param>
/// <param name="Gen">The generation its record stands at; 0 while there is no record.</param>
/// <param name="Ring">The ring in force.</param>
/// <param name="Ahead">Stored rings that a write under way may still put in force (bits by generation).</param>
/// <param name="Stale">Stored rings that nobody can put in force any more.</param>
/// <param name="Point">Its newest recovery point.</param>
/// <param name="Lost">The record names a ring that is not there.</param>
internal readonly record struct ModelItem(bool Enrolled, byte Gen, byte Ring, byte Ahead, byte Stale, PointState Point, bool Lost = false)
{
    public int Stored => Ahead | Stale | RotationState.Bit(Ring);

    /// <summary>The one conditional write that puts a stored ring in force.</summary>
    public ModelItem Name(byte ring) =>
        this with
        {
            Gen = ring,
            Ring = ring,
            Ahead = 0,
            Stale = (byte)(Stale | RotationState.Bit(Ring) | (Ahead & ~RotationState.Bit(ring))),
            Lost = (Ahead & RotationState.Bit(ring)) == 0,
        };

    public ModelItem Store(byte ring, bool isAhead) =>
        isAhead ? this with { Ahead = (byte)(Ahead | RotationState.Bit(ring)) }
        : ring == Ring ? this
        : this with { Stale = (byte)(Stale | RotationState.Bit(ring)) };

    /// <summary>What clearing leaves: everything that may be, or come, in force.</summary>
    public ModelItem Clear() =>
        Ring != 0 ? this with { Stale = 0 } : this with { Ahead = (byte)(Ahead & ~(RotationState.Bit(Gen) - 1)), Stale = 0 };
}

/// <summary>Somebody at work on an item, in any activation; the generation it was told of may be long out of date.</summary>
/// <param name="Item">0 for nobody.</param>
/// <param name="Context">The generation the vault said is in force.</param>
/// <param name="Base">The generation of the record it read: its write counts only while that stands.</param>
/// <param name="BaseRing">The ring of that record.</param>
/// <param name="Stored">Its ring is stored; what is left is the write of the record.</param>
internal readonly record struct ModelWork(byte Item, byte Context, byte Base, byte BaseRing, bool Stored);

/// <summary>A running backup, and the generation it began under.</summary>
internal readonly record struct ModelJob(byte Item, byte Gen);

/// <summary>A recovery point's life, as far as keys are concerned.</summary>
internal enum PointState : byte
{
    None,
    Live,

    /// <summary>Softly: it can be brought back.</summary>
    Deleted,
}

/// <summary>
/// One vault, its key vault and its items. Key versions 1 to 3 are of one key, in the order they were made; 4 is of a key in another key
/// vault. Generations count from 1.
/// </summary>
internal readonly record struct RotationState
{
    public const byte Elsewhere = 4;

    /// <summary>How many versions of the key there are.</summary>
    public byte Created { get; init; }

    /// <summary>Disabled versions (bits).</summary>
    public byte Off { get; init; }

    /// <summary>Of these, the ones that were called safe when they were disabled.</summary>
    public byte Promised { get; init; }

    /// <summary>Neither key vault answers.</summary>
    public bool Away { get; init; }

    /// <summary>The generation in force.</summary>
    public byte Gen { get; init; }

    /// <summary>The key version of each generation, three bits each.</summary>
    public ushort Keys { get; init; }

    /// <summary>The generation that the pass under way leaves behind; 0: idle.</summary>
    public byte Since { get; init; }

    /// <summary>The URI has no version.</summary>
    public bool Follows { get; init; }

    /// <summary>The generation for which somebody saw nothing left in storage; 0 nobody did.</summary>
    public byte Seen { get; init; }

    /// <summary>A tick's look; only a user's <see cref="Order"/> is of another kind.</summary>
    public ModelLook Look { get; init; }

    public ModelLook Order { get; init; }

    public ModelItem A { get; init; }

    public ModelItem B { get; init; }

    public ModelWork V { get; init; }

    public ModelWork W { get; init; }

    public ModelWork Creation { get; init; }

    public ModelJob Job { get; init; }

    /// <summary>Generation 1 is in force, item 1 is backed up, item 2 is not there yet.</summary>
    public static RotationState Initial { get; } =
        new()
        {
            Created = 1,
            Gen = 1,
            Keys = 1,
            Follows = true,
            A = new ModelItem(true, 1, 1, 0, 0, PointState.Live),
        };

    public byte Current => Key(Gen);

    public ModelItem this[int item] => item == 1 ? A : B;

    public RotationState With(int item, ModelItem next) => item == 1 ? this with { A = next } : this with { B = next };

    /// <summary>Works are alike: their order means nothing.</summary>
    public RotationState WithWork(int place, ModelWork next)
    {
        var (first, second) = place == 0 ? (next, W) : (V, next);
        return Rank(first) >= Rank(second) ? this with { V = first, W = second } : this with { V = second, W = first };
    }

    private static int Rank(ModelWork w) => (w.Item << 16) | (w.Context << 12) | (w.Base << 8) | (w.BaseRing << 4) | (w.Stored ? 1 : 0);

    public ModelWork Work(int place) => place == 0 ? V : W;

    public static int Bit(int number) => number == 0 ? 0 : 1 << number;

    public byte Key(int generation) => (byte)(generation == 0 ? 0 : (Keys >> (3 * (generation - 1))) & 7);

    public bool IsOn(int key) => (Off & Bit(key)) == 0;

    /// <summary>The key vault answers, and lets the version be used.</summary>
    public bool Allows(int key) => !Away && IsOn(key);

    /// <summary>Somebody has looked at the version, and may put it in force yet.</summary>
    public bool IsWanted(int key) => Look.Key == key || Order.Key == key;

    public RotationState Raise(byte key) =>
        this with
        {
            Gen = (byte)(Gen + 1),
            Keys = (ushort)(Keys | (key << (3 * Gen))),
            Since = Since == 0 ? Gen : Since,
        };

    /// <summary>The versions that wrap what is stored of an item (bits).</summary>
    public int KeysOf(ModelItem item)
    {
        var keys = 0;
        for (var generation = 1; generation <= Gen; generation++)
            keys |= (item.Stored & Bit(generation)) != 0 ? Bit(Key(generation)) : 0;
        return keys;
    }

    /// <summary>A pass has nothing left to do on it.</summary>
    public bool IsDone(ModelItem item) => !item.Enrolled || (item.Gen == Gen && (KeysOf(item) & ~Bit(Current)) == 0);

    public bool AllDone => IsDone(A) && IsDone(B);

    /// <summary>What a listing of storage says of a version that was ever in force.</summary>
    public bool IsSafe(int key)
    {
        if (key == Current || ((KeysOf(A) | KeysOf(B)) & Bit(key)) != 0)
            return false;
        return !IsLeaving(key) || (!IsBehind(A) && !IsBehind(B));
    }

    private bool IsBehind(ModelItem item) => item.Enrolled && item.Gen < Gen;

    private bool IsLeaving(int key)
    {
        for (int generation = Since; generation != 0 && generation < Gen; generation++)
        {
            if (Key(generation) == key)
                return true;
        }
        return false;
    }

    public bool WasInForce(int key)
    {
        for (var generation = 1; generation <= Gen; generation++)
        {
            if (Key(generation) == key)
                return true;
        }
        return false;
    }
}
