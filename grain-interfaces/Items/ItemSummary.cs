using RecoveryVault.Retention;

namespace RecoveryVault.Items;

/// <summary>Whether an item is being backed up.</summary>
public enum ProtectionState
{
    /// <summary>Never written.</summary>
    Unknown = 0,

    /// <summary>Backups can run.</summary>
    Protected = 1,

    /// <summary>No backups until it is enabled again; recovery points are kept.</summary>
    ProtectionStopped = 2,

    /// <summary>Deleted with all its recovery points; until they are purged it can be had back.</summary>
    SoftDeleted = 3,
}

/// <summary>An item in a list: its name and identity.</summary>
[GenerateSerializer, Immutable, Alias("rv.ItemListing")]
public sealed record ItemListing([property: Id(0)] string Name, [property: Id(1)] ItemId ItemId);

/// <summary>A protected item as shown to people.</summary>
[GenerateSerializer, Immutable, Alias("rv.ItemSummary")]
public sealed record ItemSummary
{
    /// <summary>Never reused.</summary>
    [Id(0)]
    public required ItemId ItemId { get; init; }

    /// <summary>As given when it was protected.</summary>
    [Id(1)]
    public required string Name { get; init; }

    /// <summary>Whether backups can run.</summary>
    [Id(2)]
    public required ProtectionState State { get; init; }

    /// <summary>Where its data comes from.</summary>
    [Id(3)]
    public required ItemSource Source { get; init; }

    /// <summary>How many recovery points can be restored.</summary>
    [Id(4)]
    public required long RecoveryPointCount { get; init; }

    /// <summary>The newest that can be restored; null when there is none.</summary>
    [Id(5)]
    public required RecoveryPointSummary? Latest { get; init; }

    /// <summary>The bare key version needed to read it today; "platform" with platform-managed keys.</summary>
    [Id(6)]
    public required string KeyVersion { get; init; }

    /// <summary>How many more are deleted and can still be had back.</summary>
    [Id(7)]
    public long SoftDeletedCount { get; init; }

    /// <summary>The retention policy it follows; null: nothing expires.</summary>
    [Id(8)]
    public string? Policy { get; init; }

    /// <summary>What kept its recovery points before it followed that policy, and goes on doing so for a while; null: nothing.</summary>
    [Id(9)]
    public FormerRetention? Former { get; init; }
}

/// <summary>Whether a recovery point can be used.</summary>
public enum RecoveryPointState
{
    /// <summary>Never written.</summary>
    Unknown = 0,

    /// <summary>It can be restored.</summary>
    Available = 1,

    /// <summary>It was deleted, and can be had back until it is purged.</summary>
    SoftDeleted = 2,
}

/// <summary>A recovery point as shown to people.</summary>
[GenerateSerializer, Immutable, Alias("rv.RecoveryPointSummary")]
public sealed record RecoveryPointSummary
{
    /// <summary>Unique within the item: the UTC time of its commit and its sequence number.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>When it was committed, UTC.</summary>
    [Id(1)]
    public required DateTimeOffset Time { get; init; }

    /// <summary>1, 2, 3 ... without gaps over the item's life.</summary>
    [Id(2)]
    public required long Seq { get; init; }

    /// <summary>
    /// The hash of this recovery point in the item's chain (64 hex digits): keep it to prove later that nothing was rolled back.
    /// </summary>
    [Id(3)]
    public required string HeadHash { get; init; }

    /// <summary>The hash of the one before; 64 zeros for the first.</summary>
    [Id(4)]
    public required string PrevHash { get; init; }

    /// <summary>Content bytes of its files.</summary>
    [Id(5)]
    public required long SizeBytes { get; init; }

    /// <summary>How many regular files.</summary>
    [Id(6)]
    public required long Files { get; init; }

    /// <summary>How many entries could not be read.</summary>
    [Id(7)]
    public required long FilesUnreadable { get; init; }

    /// <summary>The bare key version needed to read it today; "platform" with platform-managed keys.</summary>
    [Id(8)]
    public required string KeyVersion { get; init; }

    /// <summary>The bare key version in force when it was made.</summary>
    [Id(9)]
    public required string KeyVersionAtBackup { get; init; }

    /// <summary>When it may be purged, UTC, if it is deleted; null: never by itself.</summary>
    [Id(10)]
    public DateTimeOffset? Expires { get; init; }

    /// <summary>Whether it can be used.</summary>
    [Id(11)]
    public RecoveryPointState State { get; init; } = RecoveryPointState.Available;

    /// <summary>Nothing deletes it before, UTC; null when nothing was promised at its backup.</summary>
    [Id(12)]
    public DateTimeOffset? RetainUntil { get; init; }

    /// <summary>When it was deleted, UTC; null while it is available.</summary>
    [Id(13)]
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>Why it was deleted, in the words given; null while it is available.</summary>
    [Id(14)]
    public string? DeletionReason { get; init; }

    /// <summary>"Available", "Incomplete" when it is available and some source files could not be read, or "SoftDeleted".</summary>
    public string Status => State == RecoveryPointState.Available && FilesUnreadable > 0 ? "Incomplete" : State.ToString();
}
