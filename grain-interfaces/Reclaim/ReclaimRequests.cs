using RecoveryVault.Items;
using RecoveryVault.Jobs;

namespace RecoveryVault.Reclaim;

/// <summary>Frees what no recovery point of an item needs.</summary>
/// <param name="OperationId">Chosen by the caller: while it runs and after, the same one again is answered as the first time.</param>
/// <param name="IsDryRun">Only finds out what would be done: no job, no slot, nothing written.</param>
[GenerateSerializer, Immutable, Alias("rv.BeginReclaim")]
public sealed record BeginReclaim([property: Id(0)] Guid OperationId, [property: Id(1)] bool IsDryRun = false);

/// <summary>A reclaim that runs on the silo by itself.</summary>
/// <param name="SessionId">Asks after it, or stops it.</param>
/// <param name="JobId">Its job; null for a dry run.</param>
[GenerateSerializer, Immutable, Alias("rv.ReclaimTicket")]
public sealed record ReclaimTicket([property: Id(0)] Guid SessionId, [property: Id(1)] Guid? JobId);

/// <summary>How far a reclaim is.</summary>
[GenerateSerializer, Immutable, Alias("rv.ReclaimProgress")]
public sealed record ReclaimProgress
{
    /// <summary>What it is doing.</summary>
    [Id(0)]
    public required ReclaimPhase Phase { get; init; }

    /// <summary>Recovery points marked, packs moved, or objects deleted in this phase.</summary>
    [Id(1)]
    public long Steps { get; init; }

    /// <summary>Bytes handled in this phase.</summary>
    [Id(2)]
    public long Bytes { get; init; }

    /// <summary>Bytes this phase will handle; 0 when that is not known.</summary>
    [Id(3)]
    public long TotalBytes { get; init; }

    /// <summary>What came of it; null while it runs.</summary>
    [Id(4)]
    public ReclaimOutcome? Outcome { get; init; }
}

/// <summary>What came of a reclaim.</summary>
/// <param name="Status">Completed, CompletedWithWarnings, Cancelled or Failed.</param>
/// <param name="Purge">What was purged; null when it came to nothing before that.</param>
/// <param name="Report">What was freed; null when it came to nothing: then no more was condemned than earlier rounds had deleted.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
[GenerateSerializer, Immutable, Alias("rv.ReclaimOutcome")]
public sealed record ReclaimOutcome(
    [property: Id(0)] JobStatus Status,
    [property: Id(1)] PurgeOutcome? Purge,
    [property: Id(2)] ReclaimReport? Report,
    [property: Id(3)] JobError? Error
);
