namespace RecoveryVault.Items;

/// <summary>Deletes a recovery point; it can be had back until it is purged.</summary>
/// <param name="OperationId">Chosen by the caller: the same one again changes nothing.</param>
/// <param name="RecoveryPoint">Its name.</param>
/// <param name="Reason">Why, for the log and the list: at most 256 printable characters; may be empty.</param>
/// <param name="ApprovalId">A second person's approval, for vaults that demand one; none does yet: anything but null is refused.</param>
[GenerateSerializer, Immutable, Alias("rv.DeleteRecoveryPoint")]
public sealed record DeleteRecoveryPoint(
    [property: Id(0)] Guid OperationId,
    [property: Id(1)] string RecoveryPoint,
    [property: Id(2)] string Reason = "",
    [property: Id(3)] Guid? ApprovalId = null
);

/// <summary>Brings a deleted recovery point back.</summary>
/// <param name="OperationId">Chosen by the caller: the same one again changes nothing.</param>
/// <param name="RecoveryPoint">Its name.</param>
/// <param name="Reason">Why, for the log: at most 256 printable characters; may be empty.</param>
[GenerateSerializer, Immutable, Alias("rv.UndeleteRecoveryPoint")]
public sealed record UndeleteRecoveryPoint(
    [property: Id(0)] Guid OperationId,
    [property: Id(1)] string RecoveryPoint,
    [property: Id(2)] string Reason = ""
);

/// <summary>Deletes an item with all its recovery points; it can be had back until they are purged.</summary>
/// <param name="OperationId">Chosen by the caller: the same one again changes nothing.</param>
/// <param name="Reason">Why, for the log and the list: at most 256 printable characters; may be empty.</param>
/// <param name="ApprovalId">A second person's approval, for vaults that demand one; none does yet: anything but null is refused.</param>
[GenerateSerializer, Immutable, Alias("rv.DeleteItem")]
public sealed record DeleteItem(
    [property: Id(0)] Guid OperationId,
    [property: Id(1)] string Reason = "",
    [property: Id(2)] Guid? ApprovalId = null
);

/// <summary>Brings a deleted item back.</summary>
/// <param name="OperationId">Chosen by the caller: the same one again changes nothing.</param>
/// <param name="Reason">Why, for the log: at most 256 printable characters; may be empty.</param>
[GenerateSerializer, Immutable, Alias("rv.UndeleteItem")]
public sealed record UndeleteItem([property: Id(0)] Guid OperationId, [property: Id(1)] string Reason = "");

/// <summary>What purging has done, or would do.</summary>
/// <param name="Purged">How many recovery points are gone for good.</param>
/// <param name="Waiting">How many more are deleted and not purged yet.</param>
/// <param name="NextDue">When the next of them may be purged, UTC; null when none waits.</param>
/// <param name="Now">The time that was reckoned with, UTC: the earliest it can be.</param>
/// <param name="HeldBy">Why some wait though the silo's own clock says that their time is over; null when none does.</param>
[GenerateSerializer, Immutable, Alias("rv.PurgeOutcome")]
public sealed record PurgeOutcome(
    [property: Id(0)] long Purged,
    [property: Id(1)] long Waiting,
    [property: Id(2)] DateTimeOffset? NextDue,
    [property: Id(3)] DateTimeOffset Now,
    [property: Id(4)] string? HeldBy
);
