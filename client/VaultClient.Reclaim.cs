using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Reclaim;
using RecoveryVault.Vaults;

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
            if ((await Open(vault.VaultId).Vault.GetAsync()).Deletion is { PurgeAfter: not null } deletion)
            {
                items.Add(await PurgeAsync(vault, deletion, options, cancellation));
                continue;
            }
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

    /// <summary>A vault that is deleted with everything in it is left alone until its time is over, and then goes as a whole.</summary>
    private async Task<ReclaimedItem> PurgeAsync(
        VaultListing vault,
        VaultDeletion deletion,
        ReclaimOptions options,
        CancellationToken cancellation
    )
    {
        var (grain, due) = (Open(vault.VaultId).Vault, deletion.PurgeAfter ?? DateTimeOffset.MaxValue);
        ReclaimOutcome outcome;
        try
        {
            VaultPurge purge = new(options.IsDryRun, due, null, 0);
            while (!options.IsDryRun && !(purge = await grain.PurgeAsync(Guid.NewGuid())).Done && IsUnderWay(purge))
                cancellation.ThrowIfCancellationRequested();
            var waiting = purge.Done && !options.IsDryRun ? 0 : 1;
            outcome = new ReclaimOutcome(
                JobStatus.Completed,
                new PurgeOutcome(1 - waiting, waiting, waiting > 0 ? due : null, time.GetUtcNow(), purge.HeldBy),
                null,
                null
            );
        }
        catch (VaultException e)
        {
            outcome = Refused(e);
        }
        var reclaimed = new ReclaimedItem(vault.Name, ReclaimedItem.WholeVault, 0, null, outcome);
        options.OnItem?.Invoke(reclaimed);
        return reclaimed;
    }

    /// <summary>Its time is over, and something is left.</summary>
    private bool IsUnderWay(VaultPurge purge) => purge.HeldBy is null && purge.PurgeAfter <= time.GetUtcNow() && purge.ItemsRemaining > 0;

    /// <summary>
    /// Expiry comes first: what it deletes can still be had back, and frees nothing yet. A refusal is the item's outcome.
    /// </summary>
    private async Task<ReclaimedItem> ReclaimAsync(
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
        var (jobId, outcome) = await ReclaimAsync(item, begin => WhenThereIsRoomAsync(begin, cancellation), options, cancellation);
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
    public static Task<(Guid? JobId, ReclaimOutcome Outcome)> ReclaimAsync(
        IProtectedItemGrain item,
        ReclaimOptions options,
        CancellationToken cancellation = default
    ) => ReclaimAsync(item, static begin => begin(), options, cancellation);

    private static async Task<(Guid? JobId, ReclaimOutcome Outcome)> ReclaimAsync(
        IProtectedItemGrain item,
        Func<Func<Task<ReclaimTicket>>, Task<ReclaimTicket>> whenThereIsRoom,
        ReclaimOptions options,
        CancellationToken cancellation
    )
    {
        cancellation.ThrowIfCancellationRequested();
        ReclaimTicket? ticket = null;
        try
        {
            var begin = new BeginReclaim(Guid.NewGuid(), options.IsDryRun);
            ticket = await whenThereIsRoom(() => item.BeginReclaimAsync(begin));
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
