using RecoveryVault.Vaults;

namespace RecoveryVault.Cli.Output;

/// <summary>A deletion of a whole vault; null values are yet to come.</summary>
internal sealed record VaultDeletionShape(
    Guid DeletionId,
    DateTimeOffset RequestedTime,
    string RequestedBy,
    string Reason,
    string KeyCode,
    string? ApprovedBy,
    DateTimeOffset? PurgeAfterTime,
    DateTimeOffset? PurgingSinceTime
)
{
    public static VaultDeletionShape? Of(VaultDeletion? d) =>
        d is null ? null : new(d.DeletionId, d.RequestedAt, d.RequestedBy, d.Reason, d.Code, d.ApprovedBy, d.PurgeAfter, d.PurgingSince);
}

/// <summary>A vault that is deleted with everything in it, or what is left of one that was.</summary>
internal record DeletedVaultShape(
    string Id,
    string Name,
    string State,
    string KeyId,
    DateTimeOffset? CompletedTime,
    int Items,
    long RecoveryPoints,
    long Bytes,
    VaultDeletionShape? Deletion
)
{
    public static DeletedVaultShape Of(ShredSummary s) =>
        new(
            s.VaultId.ToString(),
            s.Name,
            s.CompletedAt is null ? "Purging" : "Purged",
            s.KeyId,
            s.CompletedAt,
            s.ItemCount,
            s.RecoveryPointCount,
            s.Bytes,
            VaultDeletionShape.Of(s.Deletion)
        );
}

/// <summary>The same with what was destroyed of each item.</summary>
internal sealed record ShredProofShape(
    string Id,
    string Name,
    string State,
    string KeyId,
    DateTimeOffset? CompletedTime,
    int Items,
    long RecoveryPoints,
    long Bytes,
    VaultDeletionShape? Deletion,
    IReadOnlyList<ShreddedItem> Destroyed
) : DeletedVaultShape(Id, Name, State, KeyId, CompletedTime, Items, RecoveryPoints, Bytes, Deletion)
{
    public static ShredProofShape Of(ShredSummary summary, IReadOnlyList<ShreddedItem> items)
    {
        var s = DeletedVaultShape.Of(summary);
        return new(s.Id, s.Name, s.State, s.KeyId, s.CompletedTime, s.Items, s.RecoveryPoints, s.Bytes, s.Deletion, items);
    }
}
