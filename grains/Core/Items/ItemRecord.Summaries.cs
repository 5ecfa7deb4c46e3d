using RecoveryVault.Keys;

namespace RecoveryVault.Items;

public sealed partial record ItemRecord
{
    /// <param name="deletions">Those in force.</param>
    /// <param name="latest">The newest available recovery point.</param>
    public ItemSummary ToSummary(Deletions deletions, RecoveryPointHead? latest)
    {
        var settings = RequireSettings();
        return new ItemSummary
        {
            ItemId = Key.ItemId,
            Name = settings.Name,
            State = settings.State,
            Source = settings.Source,
            RecoveryPointCount = RecoveryPointCount - deletions.SoftDeletedCount - deletions.PurgedCount,
            SoftDeletedCount = deletions.SoftDeletedCount,
            Latest = latest is null ? null : ToSummary(latest, deletions),
            KeyVersion = KeyVersions.Bare(KeyId),
            Policy = settings.Policy,
            Former = settings.Former,
        };
    }

    /// <summary>A recovery point as shown: the key version needed today is the ring's, whatever it was at backup.</summary>
    public RecoveryPointSummary ToSummary(RecoveryPointHead head, Deletions deletions)
    {
        var deletion = deletions.Find(head.Seq);
        return new()
        {
            Name = head.Name,
            Time = head.Time,
            Seq = head.Seq,
            HeadHash = head.HeadHash,
            PrevHash = head.PrevHash,
            SizeBytes = head.Statistics.SizeBytes,
            Files = head.Statistics.Files,
            FilesUnreadable = head.Statistics.FilesUnreadable,
            KeyVersion = KeyVersions.Bare(KeyId),
            KeyVersionAtBackup = KeyVersions.Bare(head.KeyIdAtBackup),
            State = deletion is null ? RecoveryPointState.Available : RecoveryPointState.SoftDeleted,
            Expires = deletion?.PurgeAfter,
            RetainUntil = head.RetainUntil,
            DeletedAt = deletion?.DeletedAt,
            DeletionReason = deletion?.Reason,
        };
    }
}
