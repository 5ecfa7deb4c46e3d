using RecoveryVault.Errors;
using RecoveryVault.Jobs;

namespace RecoveryVault.Items;

public sealed partial class ProtectedItemGrain
{
    private const string DeleteItemOperation = "DeleteItem";

    private const string UndeleteItemOperation = "UndeleteItem";

    public async Task<ItemSummary> DeleteAsync(DeleteItem request)
    {
        var points = await LogRefusalAsync(DeleteItemOperation, request.OperationId, () => RequireItemDeletableAsync(request));
        if (Item.RequireSettings().State == ProtectionState.SoftDeleted)
            return await GetAsync();
        var times = await _parts.Clocks.ReadAsync(Key.VaultId);
        var deletion = await DeletionOfAsync(request.OperationId, request.Reason, times, points);
        var jobId = await Journal.StartAsync(Key.VaultId, JobOperations.DeleteBackupData, Item.RequireSettings().Name);
        var note = NoteOf(
            DeleteItemOperation,
            jobId,
            new("recoveryPoints", $"{points.Count}"),
            new("reason", request.Reason),
            new("purgeAfter", Text(deletion.PurgeAfter))
        );
        await ChangeDeletionsAsync(
            note,
            (item, current) =>
            {
                RequireNoWriter(item);
                // A backup or an undelete between the look and this write made a point available that was not looked at.
                var next = points.Count == 0 ? current : current.Delete(deletion);
                return item.AvailableCount(next) == 0
                    ? next
                    : throw new VaultException(ErrorCodes.ConcurrentChange, "A recovery point was made while the item was being deleted.");
            },
            ProtectionState.SoftDeleted
        );
        return await GetAsync();
    }

    private async Task<IReadOnlyList<RecoveryPointHead>> RequireItemDeletableAsync(DeleteItem request)
    {
        Deletion.RequireReason(request.Reason);
        if (request.ApprovalId is not null)
            throw new VaultException(ErrorCodes.InvalidRequest, "This vault asks for no approval, so none can be named.");
        await RequireLiveVaultAsync();
        await SettleAsync();
        if (Item.RequireSettings().State == ProtectionState.SoftDeleted)
            return [];
        RequireNoWriter(Item);
        var heads = await FindAvailableAsync(await RequireDeletionsAsync());
        var now = (await _parts.Clocks.ReadAsync(Key.VaultId)).Now;
        if (heads.FirstOrDefault(h => h.RetainUntil > now) is { RetainUntil: { } until } kept)
            throw new VaultException(ErrorCodes.RecoveryPointRetained, $"Recovery point {kept.Name} is kept until {Text(until)}.");
        return heads;
    }

    /// <summary>A backup under way would make a recovery point of a deleted item.</summary>
    private void RequireNoWriter(ItemRecord item)
    {
        if (item.Slot is { } taken && IsAlive(taken))
            throw new VaultException(
                taken.Kind == WriterKind.Reclaim ? ErrorCodes.ReclaimInProgress : ErrorCodes.BackupInProgress,
                $"Item '{item.RequireSettings().Name}' has been in use since {taken.Since:u}."
            );
    }

    public async Task<ItemSummary> UndeleteAsync(UndeleteItem request)
    {
        var points = await LogRefusalAsync(UndeleteItemOperation, request.OperationId, () => FindDeletedPointsAsync(request));
        if (Item.RequireSettings().State != ProtectionState.SoftDeleted)
            return await GetAsync();
        var jobId = await Journal.StartAsync(Key.VaultId, JobOperations.Undelete, Item.RequireSettings().Name);
        var note = NoteOf(UndeleteItemOperation, jobId, new("recoveryPoints", $"{points.Count}"), new("reason", request.Reason));
        await ChangeDeletionsAsync(note, (_, current) => current.Undelete(points), ProtectionState.ProtectionStopped);
        return await GetAsync();
    }

    /// <summary>The points that went with the item: its deletion is the last act, for nothing can be deleted of a deleted item.</summary>
    private async Task<IReadOnlyList<long>> FindDeletedPointsAsync(UndeleteItem request)
    {
        Deletion.RequireReason(request.Reason);
        await SettleAsync();
        var deletions = await RequireDeletionsAsync();
        return Item.RequireSettings().State == ProtectionState.SoftDeleted && deletions.SoftDeleted is [.., var last]
            ? [.. last.Points.Select(p => p.Seq)]
            : [];
    }

    public async Task<ItemRemains?> FindRemainsAsync()
    {
        if (await IsEmptiedAsync())
            return null;
        if (_cell.Current is not { Settings: { } settings } item)
            return new ItemRemains(Key.ItemId.ToString(), false, 0, null);
        var deletions = await FindDeletionsAsync();
        var until = deletions.SoftDeleted.IsEmpty ? (DateTimeOffset?)null : deletions.SoftDeleted.Max(d => d.PurgeAfter);
        var isDeleted = settings.State == ProtectionState.SoftDeleted;
        return new ItemRemains(
            settings.Name,
            isDeleted,
            item.AvailableCount(deletions) + deletions.SoftDeletedCount,
            isDeleted ? until : null
        );
    }

    public async Task<bool> IsEmptiedAsync()
    {
        if (_cell.Current is not { Settings: { State: ProtectionState.SoftDeleted } } item || item.Slot is { } slot && IsAlive(slot))
            return false;
        var deletions = await RequireDeletionsAsync();
        return item.AvailableCount(deletions) == 0 && deletions.SoftDeletedCount == 0;
    }
}
