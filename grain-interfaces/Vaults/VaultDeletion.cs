namespace RecoveryVault.Vaults;

/// <summary>
/// Deletes a vault with everything in it, whose key opens nothing any more. Until its time is over it can be had back; then its data keys
/// are destroyed, and after them its data.
/// </summary>
/// <param name="OperationId">Chosen by the caller; also the id of the deletion.</param>
/// <param name="Reason">Why: 1 to 256 printable characters.</param>
/// <param name="ApprovalId">
/// The deletion that somebody else asked for, where the vault demands a second approval; null: this asks for it.
/// </param>
[GenerateSerializer, Immutable, Alias("rv.ShredVault")]
public sealed record ShredVault(
    [property: Id(0)] Guid OperationId,
    [property: Id(1)] string Reason,
    [property: Id(2)] Guid? ApprovalId = null
);

/// <summary>Brings a deleted vault back, or withdraws a deletion that waits for its approval.</summary>
/// <param name="OperationId">Chosen by the caller.</param>
/// <param name="Reason">Why, for the activity log; may be empty.</param>
[GenerateSerializer, Immutable, Alias("rv.UndeleteVault")]
public sealed record UndeleteVault([property: Id(0)] Guid OperationId, [property: Id(1)] string Reason = "");

/// <summary>Demands a second approval of deletions of a vault with everything in it.</summary>
/// <param name="OperationId">Chosen by the caller.</param>
/// <param name="Reason">Why, for the activity log; may be empty.</param>
[GenerateSerializer, Immutable, Alias("rv.RequireSecondApproval")]
public sealed record RequireSecondApproval([property: Id(0)] Guid OperationId, [property: Id(1)] string Reason = "");

/// <summary>A deletion of a vault with everything in it.</summary>
[GenerateSerializer, Immutable, Alias("rv.VaultDeletion")]
public sealed record VaultDeletion
{
    /// <summary>Names it to whoever approves it.</summary>
    [Id(0)]
    public required Guid DeletionId { get; init; }

    /// <summary>When it was asked for, UTC.</summary>
    [Id(1)]
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>The verified caller who did.</summary>
    [Id(2)]
    public required string RequestedBy { get; init; }

    /// <summary>The words given.</summary>
    [Id(3)]
    public required string Reason { get; init; }

    /// <summary>The code with which the key vault refused the key.</summary>
    [Id(4)]
    public required string Code { get; init; }

    /// <summary>The verified caller who approved it; null when nobody had to, or has.</summary>
    [Id(5)]
    public string? ApprovedBy { get; init; }

    /// <summary>Until then at the least the vault can be had back, UTC; null while it waits for its approval.</summary>
    [Id(6)]
    public DateTimeOffset? PurgeAfter { get; init; }

    /// <summary>Since when it is being destroyed, UTC, and cannot be had back any more; null before.</summary>
    [Id(7)]
    public DateTimeOffset? PurgingSince { get; init; }
}

/// <summary>How far the destruction of a deleted vault is.</summary>
/// <param name="Done">Nothing is left of it but the proof.</param>
/// <param name="PurgeAfter">Before that nothing is destroyed, UTC.</param>
/// <param name="HeldBy">Why it waits though the silo's own clock says that its time is over; null when it does not.</param>
/// <param name="ItemsRemaining">Items that still have data.</param>
[GenerateSerializer, Immutable, Alias("rv.VaultPurge")]
public sealed record VaultPurge(
    [property: Id(0)] bool Done,
    [property: Id(1)] DateTimeOffset PurgeAfter,
    [property: Id(2)] string? HeldBy,
    [property: Id(3)] int ItemsRemaining
);
