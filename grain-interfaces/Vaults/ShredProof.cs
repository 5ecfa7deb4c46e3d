namespace RecoveryVault.Vaults;

/// <summary>What is left of a vault that was destroyed: who wanted it, when, why, and how much there was.</summary>
[GenerateSerializer, Immutable, Alias("rv.ShredSummary")]
public sealed record ShredSummary
{
    /// <summary>Never used again.</summary>
    [Id(0)]
    public required VaultId VaultId { get; init; }

    /// <summary>The name it bore; another vault may bear it now.</summary>
    [Id(1)]
    public required string Name { get; init; }

    /// <summary>The deletion.</summary>
    [Id(2)]
    public required VaultDeletion Deletion { get; init; }

    /// <summary>The full id of the key version that wrapped its data keys last.</summary>
    [Id(3)]
    public required string KeyId { get; init; }

    /// <summary>When all of it was seen to be gone, UTC; null while it is being destroyed.</summary>
    [Id(4)]
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>How many items it had.</summary>
    [Id(5)]
    public required int ItemCount { get; init; }

    /// <summary>How many recovery points they had that were not purged before.</summary>
    [Id(6)]
    public required long RecoveryPointCount { get; init; }

    /// <summary>Bytes of their packs.</summary>
    [Id(7)]
    public required long Bytes { get; init; }
}

/// <summary>What was destroyed of one item.</summary>
/// <param name="ItemId">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="KeyCommitments">
/// The commitments (hex) of its data keys, oldest first: a wrapped key that turns up somewhere else can be told by them.
/// </param>
/// <param name="RecoveryPoints">Recovery points that were not purged before.</param>
/// <param name="HeadHash">The newest one's hash; empty when there was none.</param>
/// <param name="Packs">Packs.</param>
/// <param name="Bytes">Their length.</param>
[GenerateSerializer, Immutable, Alias("rv.ShreddedItem")]
public sealed record ShreddedItem(
    [property: Id(0)] string ItemId,
    [property: Id(1)] string Name,
    [property: Id(2)] IReadOnlyList<string> KeyCommitments,
    [property: Id(3)] long RecoveryPoints,
    [property: Id(4)] string HeadHash,
    [property: Id(5)] long Packs,
    [property: Id(6)] long Bytes
);
