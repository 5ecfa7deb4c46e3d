using System.Globalization;
using RecoveryVault.Access;
using RecoveryVault.Clocks;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Vaults;

namespace RecoveryVault.Items;

public sealed partial class ProtectedItemGrain
{
    private const string DeleteOperation = "DeleteRecoveryPoint";

    private const string UndeleteOperation = "UndeleteRecoveryPoint";

    public async Task<RecoveryPointSummary> DeleteRecoveryPointAsync(DeleteRecoveryPoint request)
    {
        var (head, times) = await LogRefusalAsync(DeleteOperation, request.OperationId, () => RequireDeletableAsync(request));
        if (times is null)
            return Item.ToSummary(head, await RequireDeletionsAsync());
        var deletion = await DeletionOfAsync(request.OperationId, request.Reason, times, [head]);
        var jobId = await Journal.StartAsync(Key.VaultId, JobOperations.DeleteBackupData, Item.RequireSettings().Name);
        var note = NoteOf(
            DeleteOperation,
            jobId,
            new("recoveryPoint", head.Name),
            new("reason", request.Reason),
            new("purgeAfter", Text(deletion.PurgeAfter))
        );
        await ChangeDeletionsAsync(
            note,
            (item, current) =>
            {
                item.RequireDeletable(head, current, times.Now);
                return current.Delete(deletion);
            }
        );
        return Item.ToSummary(head, await RequireDeletionsAsync());
    }

    /// <summary>The point to delete and what the clocks say; null instead when it is deleted already.</summary>
    private async Task<(RecoveryPointHead Head, TrustedTime? Times)> RequireDeletableAsync(DeleteRecoveryPoint request)
    {
        Deletion.RequireReason(request.Reason);
        if (request.ApprovalId is not null)
            throw new VaultException(ErrorCodes.InvalidRequest, "This vault asks for no approval, so none can be named.");
        await RequireLiveVaultAsync();
        await SettleAsync();
        var deletions = await RequireDeletionsAsync();
        var head = await FindHeadAsync(request.RecoveryPoint, deletions);
        if (deletions.IsSoftDeleted(head.Seq))
            return (head, null);
        var times = await _parts.Clocks.ReadAsync(Key.VaultId);
        Item.RequireDeletable(head, deletions, times.Now);
        return (head, times);
    }

    public async Task<RecoveryPointSummary> UndeleteRecoveryPointAsync(UndeleteRecoveryPoint request)
    {
        var head = await LogRefusalAsync(UndeleteOperation, request.OperationId, () => FindDeletedAsync(request));
        if ((await RequireDeletionsAsync()).IsAvailable(head.Seq))
            return Item.ToSummary(head, await RequireDeletionsAsync());
        var jobId = await Journal.StartAsync(Key.VaultId, JobOperations.Undelete, Item.RequireSettings().Name);
        var note = NoteOf(UndeleteOperation, jobId, new("recoveryPoint", head.Name), new("reason", request.Reason));
        await ChangeDeletionsAsync(note, (_, current) => current.IsPurged(head.Seq) ? throw Purged(head.Name) : current.Undelete(head.Seq));
        return Item.ToSummary(head, await RequireDeletionsAsync());
    }

    private async Task<RecoveryPointHead> FindDeletedAsync(UndeleteRecoveryPoint request)
    {
        Deletion.RequireReason(request.Reason);
        await SettleAsync();
        var deletions = await RequireDeletionsAsync();
        var head = await FindHeadAsync(request.RecoveryPoint, deletions);
        return Item.RequireSettings() is { State: ProtectionState.SoftDeleted, Name: var name } && deletions.IsSoftDeleted(head.Seq)
            ? throw new VaultException(ErrorCodes.ItemSoftDeleted, $"Item '{name}' is deleted, and its recovery points with it.")
            : head;
    }

    /// <summary>A refused attempt leaves the item as it was, and itself in the log.</summary>
    private async Task<T> LogRefusalAsync<T>(string operation, Guid operationId, Func<Task<T>> attempt)
    {
        try
        {
            return await attempt();
        }
        catch (VaultException refusal) when (_cell.Current is { Settings: not null })
        {
            await Journal.LogRefusalAsync(Key.VaultId, operation, operationId, refusal);
            throw;
        }
    }

    /// <summary>
    /// The vault's period, from the latest of all clocks on: one that lags must not shorten the time to take it back. Whether a shorter
    /// period has come into force is judged by the earliest.
    /// </summary>
    private async Task<Deletion> DeletionOfAsync(Guid operationId, string reason, TrustedTime times, IReadOnlyList<RecoveryPointHead> heads)
    {
        var period = await GrainFactory.GetGrain<IVaultPolicies>(Key.VaultId.ToString()).GetSoftDeleteAsync();
        return new(
            operationId,
            times.Latest,
            times.Latest.AddDays(period.DaysAt(times.Earliest)),
            reason,
            Bounded(Caller.Current),
            [.. heads.OrderBy(h => h.Seq).Select(h => new DeletedPoint(h.Seq, h.HeadHash, h.RetainUntil))]
        );
    }

    private static string Bounded(string caller) => caller.Length <= Deletion.MaxReasonLength ? caller : caller[..Deletion.MaxReasonLength];

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private VaultException Purged(string name) =>
        new(
            ErrorCodes.RecoveryPointNotFound,
            $"Recovery point {name} of item '{Item.RequireSettings().Name}' was deleted, and its time to be had back is over."
        );
}
