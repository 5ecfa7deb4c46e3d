using RecoveryVault.Jobs;
using RecoveryVault.Reclaim;

namespace RecoveryVault.Cli.Output;

/// <summary>What was reclaimed, of each item and in sum.</summary>
internal sealed record ReclaimShape(
    bool DryRun,
    long RecoveryPointsExpired,
    long RecoveryPointsPurged,
    long BytesFreed,
    long BytesRewritten,
    long BytesWaiting,
    IReadOnlyList<ReclaimedItemShape> Items,
    ErrorShape? Error
)
{
    public static ReclaimShape Of(bool isDryRun, IReadOnlyList<ReclaimedItem> reclaimed, ErrorShape? error)
    {
        List<ReclaimedItemShape> items = [.. reclaimed.Select(ReclaimedItemShape.Of)];
        return new ReclaimShape(
            isDryRun,
            items.Sum(i => i.RecoveryPointsExpired),
            items.Sum(i => i.RecoveryPointsPurged),
            items.Sum(i => i.BytesFreed),
            items.Sum(i => i.BytesRewritten),
            items.Sum(i => i.BytesWaiting),
            items,
            error
        );
    }
}

internal sealed record ReclaimedItemShape(
    string VaultName,
    string ItemName,
    Guid? JobId,
    string Status,
    long RecoveryPointsExpired,
    long RecoveryPointsPurged,
    long RecoveryPointsDeleted,
    DateTimeOffset? NextPurge,
    long RecoveryPointsNeeded,
    long PacksTotal,
    long BytesTotal,
    long PacksDeleted,
    long PacksRepacked,
    long BytesDeleted,
    long BytesRewritten,
    long BytesFreed,
    long PacksWaiting,
    long BytesWaiting,
    string? WaitingFor,
    long ChunksMissing,
    IReadOnlyList<ErrorShape> ErrorDetails
)
{
    /// <summary>An item that another writer has: it waits, and has not failed.</summary>
    public const string Busy = "Waiting";

    public static ReclaimedItemShape Of(ReclaimedItem item)
    {
        var (purge, report) = (item.Outcome.Purge, item.Outcome.Report ?? new ReclaimReport());
        return new ReclaimedItemShape(
            item.VaultName,
            item.ItemName,
            item.JobId,
            item.IsBusy ? Busy : item.Outcome.Status.ToString(),
            item.Expired,
            purge?.Purged ?? 0,
            purge?.Waiting ?? 0,
            purge?.NextDue,
            report.LivePoints,
            report.Packs,
            report.PackBytes,
            report.PacksDeleted,
            report.PacksRepacked,
            report.BytesDeleted,
            report.BytesRewritten,
            report.BytesFreed,
            report.PacksWaiting,
            report.BytesWaiting,
            WaitingForOf(item),
            report.ChunksMissing,
            [.. ErrorsOf(item).Select(e => new ErrorShape(e.Code, e.Message, e.Recommendation))]
        );
    }

    /// <summary>Whatever of this item did not go, the first reason why.</summary>
    private static string? WaitingForOf(ReclaimedItem item) =>
        item.IsBusy ? item.Outcome.Error?.Message
        : item.Outcome.Report?.WaitingFor is { } readers ? readers
        : item.Outcome.Purge?.HeldBy;

    private static IEnumerable<JobError> ErrorsOf(ReclaimedItem item) =>
        item.Outcome.Error is { } error ? (item.IsBusy ? [] : [error]) : item.Outcome.Report?.Warnings ?? [];
}
