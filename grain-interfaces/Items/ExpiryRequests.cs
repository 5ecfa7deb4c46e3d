namespace RecoveryVault.Items;

/// <summary>Deletes, softly, what an item's retention policy keeps no longer.</summary>
/// <param name="OperationId">Chosen by the caller: the same one again deletes nothing more.</param>
[GenerateSerializer, Immutable, Alias("rv.ExpireRecoveryPoints")]
public sealed record ExpireRecoveryPoints([property: Id(0)] Guid OperationId);

/// <summary>What expiry did.</summary>
/// <param name="Policy">The policy that was applied; null when nothing expires here.</param>
/// <param name="WhyNone">Why nothing expires here, such as "no policy"; null when a policy was applied.</param>
/// <param name="Expired">How many recovery points were deleted; each can be had back for 14 days at the least.</param>
/// <param name="Kept">How many stay available.</param>
/// <param name="PurgeAfter">From when on those may be purged, UTC; null when there are none.</param>
/// <param name="JobId">The job; null when there was nothing to do.</param>
/// <param name="IsMoreDue">More is due than can be noted at once: the next run goes on.</param>
[GenerateSerializer, Immutable, Alias("rv.ExpiryOutcome")]
public sealed record ExpiryOutcome(
    [property: Id(0)] string? Policy,
    [property: Id(1)] string? WhyNone,
    [property: Id(2)] long Expired,
    [property: Id(3)] long Kept,
    [property: Id(4)] DateTimeOffset? PurgeAfter,
    [property: Id(5)] Guid? JobId,
    [property: Id(6)] bool IsMoreDue
);

/// <summary>What expiry would do with one recovery point.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Seq">Its number.</param>
/// <param name="Time">When it was made, UTC.</param>
/// <param name="SizeBytes">Content bytes of its files.</param>
/// <param name="Reasons">Why it stays, such as "daily 2026-11-28"; empty: it goes.</param>
[GenerateSerializer, Immutable, Alias("rv.ExpiryDecision")]
public sealed record ExpiryDecision(
    [property: Id(0)] string Name,
    [property: Id(1)] long Seq,
    [property: Id(2)] DateTimeOffset Time,
    [property: Id(3)] long SizeBytes,
    [property: Id(4)] IReadOnlyList<string> Reasons
)
{
    /// <summary>True when it goes.</summary>
    public bool Expires => Reasons.Count == 0;
}
