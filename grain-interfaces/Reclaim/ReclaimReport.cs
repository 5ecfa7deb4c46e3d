using RecoveryVault.Jobs;

namespace RecoveryVault.Reclaim;

/// <summary>What a reclaim of one item did; of a dry run, what it would do.</summary>
[GenerateSerializer, Immutable, Alias("rv.ReclaimReport")]
public sealed record ReclaimReport
{
    /// <summary>Recovery points that are needed: all that are not purged.</summary>
    [Id(0)]
    public long LivePoints { get; init; }

    /// <summary>Packs there were.</summary>
    [Id(1)]
    public long Packs { get; init; }

    /// <summary>Their length in bytes.</summary>
    [Id(2)]
    public long PackBytes { get; init; }

    /// <summary>Packs deleted.</summary>
    [Id(3)]
    public long PacksDeleted { get; init; }

    /// <summary>Their length in bytes.</summary>
    [Id(4)]
    public long BytesDeleted { get; init; }

    /// <summary>Of those deleted: packs out of which what was needed had been moved.</summary>
    [Id(5)]
    public long PacksRepacked { get; init; }

    /// <summary>Length in bytes of the new packs that hold what was moved.</summary>
    [Id(6)]
    public long BytesRewritten { get; init; }

    /// <summary>Packs nobody needs that wait for the next reclaim.</summary>
    [Id(7)]
    public long PacksWaiting { get; init; }

    /// <summary>Bytes that waits to be freed.</summary>
    [Id(8)]
    public long BytesWaiting { get; init; }

    /// <summary>Why something waits; null when nothing does.</summary>
    [Id(9)]
    public string? WaitingFor { get; init; }

    /// <summary>Manifests and heads deleted that belong to no recovery point.</summary>
    [Id(10)]
    public long LeftoversDeleted { get; init; }

    /// <summary>Chunks that recovery points need and that are nowhere.</summary>
    [Id(11)]
    public long ChunksMissing { get; init; }

    /// <summary>What was found that a reclaim cannot mend.</summary>
    [Id(12)]
    public IReadOnlyList<JobError> Warnings { get; init; } = [];

    /// <summary>Bytes by which the store is smaller.</summary>
    public long BytesFreed => BytesDeleted - BytesRewritten;
}
