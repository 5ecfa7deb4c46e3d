using RecoveryVault.Format;

namespace RecoveryVault.DataPath;

/// <summary>How much of a pack is needed.</summary>
/// <param name="PackId">Which.</param>
/// <param name="Length">The object's length in bytes.</param>
public sealed record PackUse(ObjectId PackId, long Length)
{
    /// <summary>Chunks that are needed and for which this pack is their place.</summary>
    public int LiveChunks { get; init; }

    /// <summary>Payload bytes of these chunks, as sealed.</summary>
    public long LiveBytes { get; init; }

    /// <summary>How it is sealed.</summary>
    public ObjectSuite Suite { get; init; } = ObjectSuite.OneLayer;

    /// <summary>Damage was found in it, or it ends before a chunk that is needed.</summary>
    public bool IsDamaged { get; init; }

    /// <summary>Nobody may rely on it any more.</summary>
    public bool IsCondemned { get; init; }

    /// <summary>No run names it and its footer cannot be read: what it holds is not known.</summary>
    public bool IsUnreadable { get; init; }

    /// <summary>How long a pack would be that held nothing but what is needed.</summary>
    public long DenseLength => LiveChunks == 0 ? 0 : RepackLayout.LengthOf(LiveBytes, LiveChunks, Suite);
}
