namespace RecoveryVault.Tests.Reclaim;

/// <summary>Where a session of the model stands.</summary>
internal enum Phase
{
    Idle,

    /// <summary>A backup has the slot and has read which packs are condemned.</summary>
    BackupBegan,

    /// <summary>It was told that the chunk is new.</summary>
    BackupMustStore,

    /// <summary>It was told that the chunk is known, or has stored it: what is left is the commit.</summary>
    BackupReady,

    /// <summary>A reclaim has the slot.</summary>
    ReclaimBegan,

    /// <summary>It has marked, and first deletes what an earlier one condemned.</summary>
    DeletingEarlier,

    /// <summary>It has marked.</summary>
    Marked,

    /// <summary>It has chosen which packs go.</summary>
    Planned,

    /// <summary>They are condemned.</summary>
    Deleting,

    Ended,
}

/// <summary>One session: what it remembers may be long out of date.</summary>
/// <param name="Phase">Where it stands.</param>
/// <param name="Packs">Condemned packs as a backup read them; the packs a reclaim deletes.</param>
/// <param name="Seen">Packs a reclaim saw and may choose from.</param>
/// <param name="IsNeeded">What a reclaim marked.</param>
internal readonly record struct ModelSession(Phase Phase, byte Packs = 0, byte Seen = 0, bool IsNeeded = false);

/// <summary>
/// One chunk, the packs that hold it (bits), recovery points that need it, the item's record, and up to four sessions of which any may be a
/// zombie: the slot can be taken over at any time, and nobody tells the one who had it.
/// </summary>
/// <param name="Packs">Packs that are there.</param>
/// <param name="Next">The next pack's number: ids are never used twice.</param>
/// <param name="Condemned">In the record.</param>
/// <param name="Slot">Who has the writer slot, from 1; 0 nobody.</param>
/// <param name="First">The recovery point there was at the beginning.</param>
/// <param name="Later">One committed since.</param>
internal readonly record struct ReclaimState(
    byte Packs,
    byte Next,
    byte Condemned,
    byte Slot,
    PointState First,
    PointState Later,
    ModelSession A,
    ModelSession B,
    ModelSession C,
    ModelSession D
)
{
    /// <summary>Each session stores one at most.</summary>
    public const int MaxPacks = 5;

    /// <summary>A backup is committed, its chunk in one pack.</summary>
    public static ReclaimState Initial { get; } = new(1, 1, 0, 0, PointState.Live, PointState.None, default, default, default, default);

    /// <summary>Whether a recovery point that is not purged needs the chunk.</summary>
    public bool IsNeeded => First is PointState.Live or PointState.Deleted || Later is PointState.Live or PointState.Deleted;

    public ModelSession this[int session] =>
        session switch
        {
            1 => A,
            2 => B,
            3 => C,
            _ => D,
        };

    public ReclaimState With(int session, ModelSession next) =>
        session switch
        {
            1 => this with { A = next },
            2 => this with { B = next },
            3 => this with { C = next },
            _ => this with { D = next },
        };

    public ReclaimState Enter(int session, Phase phase) => With(session, this[session] with { Phase = phase });

    public ReclaimState End(int session) => With(session, new ModelSession(Phase.Ended)) with { Slot = (byte)(Slot == session ? 0 : Slot) };

    public ReclaimState Store() => this with { Packs = (byte)(Packs | (1 << Next)), Next = (byte)(Next + 1) };

    public ReclaimState Change(int point, PointState next) => point == 0 ? this with { First = next } : this with { Later = next };

    public PointState Point(int point) => point == 0 ? First : Later;
}

/// <summary>A recovery point's life.</summary>
internal enum PointState : byte
{
    None,
    Live,

    /// <summary>Softly: it can be brought back.</summary>
    Deleted,
    Purged,
}
