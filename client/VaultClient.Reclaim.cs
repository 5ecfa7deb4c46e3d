using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Reclaim;

namespace RecoveryVault;

public sealed partial class VaultClient
{
    /// <summary>
    /// Applies to every item of every vault its retention policy and frees what no recovery point needs, one item after the other; one
    /// that fails does not keep the others from it.
    /// </summary>
    public async Task<IReadOnlyList<ReclaimedItem>> ReclaimAsync(ReclaimOptions options, CancellationToken cancellation = default)
    {
        List<ReclaimedItem> items = [];
        await foreach (var vault in AllAsync(Directory.ListVaultsAsync))
        {
            await foreach (var item in AllAsync(Open(vault.VaultId).Vault.ListItemsAsync))
            {
                var grain = OpenItem(new ItemKey(vault.VaultId, item.ItemId));
                var reclaimed = await ReclaimAsync(vault.Name, item.Name, grain, options, cancellation);
                options.OnItem?.Invoke(reclaimed);
                items.Add(reclaimed);
            }
        }
        return items;
    }

    /// <summary>
    /// Expiry comes first: what it deletes can still be had back, and frees nothing yet. A refusal is the item's outcome.
    /// </summary>
    private static async Task<ReclaimedItem> ReclaimAsync(
        string vaultName,
        string itemName,
        IProtectedItemGrain item,
        ReclaimOptions options,
        CancellationToken cancellation
    )
    {
        var expired = 0L;
        try
        {
            cancellation.ThrowIfCancellationRequested();
            expired = await ExpireAsync(item, options.IsDryRun);
        }
        catch (VaultException e)
        {
            return new ReclaimedItem(vaultName, itemName, 0, null, Refused(e));
        }
        var (jobId, outcome) = await ReclaimAsync(item, options, cancellation);
        return new ReclaimedItem(vaultName, itemName, expired, jobId, outcome);
    }

    private static async Task<long> ExpireAsync(IProtectedItemGrain item, bool isDryRun)
    {
        if (!isDryRun)
            return (await item.ExpireAsync(new ExpireRecoveryPoints(Guid.NewGuid()))).Expired;
        var count = 0L;
        await foreach (var decision in AllAsync(item.PlanExpiryAsync))
            count += decision.Expires ? 1 : 0;
        return count;
    }

    private static ReclaimOutcome Refused(VaultException e) =>
        new(JobStatus.Failed, null, null, new JobError(e.Code, e.Message, e.Recommendation));

    /// <summary>Frees what no recovery point of one item needs; a refusal is its outcome.</summary>
    public static async Task<(Guid? JobId, ReclaimOutcome Outcome)> ReclaimAsync(
        IProtectedItemGrain item,
        ReclaimOptions options,
        CancellationToken cancellation = default
    )
    {
        cancellation.ThrowIfCancellationRequested();
        ReclaimTicket? ticket = null;
        try
        {
            ticket = await item.BeginReclaimAsync(new BeginReclaim(Guid.NewGuid(), options.IsDryRun));
            return (ticket.JobId, await WatchAsync(item, ticket, options, cancellation));
        }
        catch (VaultException e)
        {
            return (ticket?.JobId, Refused(e));
        }
    }

    /// <summary>It runs on the silo by itself; who no longer wants it asks it to stop and sees it end.</summary>
    private static async Task<ReclaimOutcome> WatchAsync(
        IProtectedItemGrain item,
        ReclaimTicket ticket,
        ReclaimOptions options,
        CancellationToken cancellation
    )
    {
        for (var isStopping = false; ; )
        {
            if (cancellation.IsCancellationRequested && !isStopping)
            {
                isStopping = true;
                await item.StopReclaimAsync(ticket.SessionId);
            }
            var progress = await item.GetReclaimAsync(ticket.SessionId);
            options.Watch.Report(progress);
            if (progress.Outcome is not { } outcome)
                continue;
            cancellation.ThrowIfCancellationRequested();
            return outcome;
        }
    }
}
