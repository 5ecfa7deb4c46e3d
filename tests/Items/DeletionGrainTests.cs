using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Items;

[Collection(VaultClusterCollection.Name)]
public sealed class DeletionGrainTests(VaultCluster cluster)
{
    private async Task<(ClusterItem Item, string[] Points)> PrepareAsync(int count = 3)
    {
        var item = await ClusterItem.CreateAsync(cluster);
        var points = new string[count];
        for (var i = 0; i < count; i++)
        {
            item.Write("file", $"content {i}");
            points[i] = (await item.BackUpAsync()).Name;
        }
        return (item, points);
    }

    [Fact]
    public async Task Delete_OnlyAvailablePoint_IsRefused()
    {
        var (item, points) = await PrepareAsync(2);
        using var _ = item;
        await item.DeleteAsync(points[1]);

        await RefusedAsync(ErrorCodes.LastRecoveryPoint, () => item.DeleteAsync(points[0]));

        Assert.Equal(["SoftDeleted", "Available"], (await item.ListAsync()).Select(p => p.Status));
    }

    [Theory]
    [InlineData("line\nbreak")]
    [InlineData(null)]
    public async Task Delete_BadReason_IsRefusedAndNothingChanges(string? reason)
    {
        var (item, points) = await PrepareAsync(2);
        using var _ = item;

        await RefusedAsync(ErrorCodes.InvalidRequest, () => item.DeleteAsync(points[0], reason ?? new string('x', 257)));

        Assert.All(await item.ListAsync(), p => Assert.Equal(RecoveryPointState.Available, p.State));
    }

    [Fact]
    public async Task Delete_WithAnApprovalNobodyAskedFor_IsRefused()
    {
        var (item, points) = await PrepareAsync(2);
        using var _ = item;

        await RefusedAsync(
            ErrorCodes.InvalidRequest,
            () => item.Grain.DeleteRecoveryPointAsync(new DeleteRecoveryPoint(Guid.NewGuid(), points[0], "", Guid.NewGuid()))
        );
    }

    [Fact]
    public async Task Restore_DeletedPoint_IsRefusedUntilItIsBroughtBack()
    {
        var (item, points) = await PrepareAsync();
        using var _ = item;
        var deleted = await item.DeleteAsync(points[1], "wrong");

        await RefusedAsync(ErrorCodes.RecoveryPointSoftDeleted, () => item.RestoreAsync(points[1]));
        Assert.Equal(
            (RecoveryPointState.SoftDeleted, "wrong", cluster.Time.GetUtcNow() + TimeSpan.FromDays(14)),
            (deleted.State, deleted.DeletionReason, deleted.Expires)
        );
        Assert.Equal((2, 1), await CountsAsync(item));

        var back = await item.UndeleteAsync(points[1]);
        Assert.Equal((RecoveryPointState.Available, null), (back.State, back.Expires));
        Assert.Equal("content 1", (await item.RestoreAsync(points[1]))["file"]);
        Assert.Equal((3, 0), await CountsAsync(item));
    }

    private static async Task<(long Available, long Deleted)> CountsAsync(ClusterItem item)
    {
        var shown = await item.Grain.GetAsync();
        return (shown.RecoveryPointCount, shown.SoftDeletedCount);
    }

    [Fact]
    public async Task Latest_NewestDeleted_IsTheNewestAvailable()
    {
        var (item, points) = await PrepareAsync();
        using var _ = item;
        await item.DeleteAsync(points[2]);

        var restore = await item.Grain.BeginRestoreAsync(new BeginRestore(Guid.NewGuid(), null, RestorePurpose.Browse));
        await item.Grain.EndRestoreAsync(
            new EndRestore(restore.Session.SessionId, JobStatus.Completed, [], new Dictionary<string, string>())
        );
        var next = await item.BackUpAsync();

        Assert.Equal((points[1], points[1]), (restore.RecoveryPoint.Name, (await PointAsync(item, points[1])).Name));
        // The chain goes on from the newest, whatever became of it.
        Assert.Equal((4L, (await PointAsync(item, points[2])).HeadHash), (next.Seq, next.PrevHash));
        Assert.Equal(next.Name, (await item.Grain.GetAsync()).Latest!.Name);
    }

    private static Task<RecoveryPointSummary> PointAsync(ClusterItem item, string name) => item.Grain.GetRecoveryPointAsync(name);

    [Fact]
    public async Task Delete_Again_ShortensNothingAndIsOneJob()
    {
        var (item, points) = await PrepareAsync();
        using var _ = item;
        var first = await item.DeleteAsync(points[0], "first");
        cluster.Time.Advance(TimeSpan.FromHours(1));

        var again = await item.DeleteAsync(points[0], "second");

        Assert.Equal((first.Expires, first.DeletionReason), (again.Expires, again.DeletionReason));
        var entry = Assert.Single(await item.LogAsync("DeleteRecoveryPoint"));
        Assert.Equal(("tester@here", points[0]), (entry.Caller, entry.Details["recoveryPoint"]));
        var job = await item.Vault.Jobs.GetAsync(entry.CorrelationId);
        Assert.Equal((JobOperations.DeleteBackupData, JobStatus.Completed), (job.Operation, job.Status));
    }

    [Fact]
    public async Task Purge_BeforeItsTime_TakesNothing()
    {
        var (item, points) = await PrepareAsync();
        using var _ = item;
        await item.DeleteAsync(points[0]);

        var outcome = await item.PurgeAsync();

        Assert.Equal((0, 1, null), (outcome.Purged, outcome.Waiting, outcome.HeldBy));
        Assert.Equal(3, (await cluster.Store.ListNamesAsync(ItemBlobs.Manifests(item.Key.ItemId))).Count);
    }

    [Fact]
    public async Task Purge_WithoutSlot_IsRefused()
    {
        var (item, points) = await PrepareAsync();
        using var _ = item;
        await item.DeleteAsync(points[0]);
        await PassAsync(item);

        await RefusedAsync(ErrorCodes.SessionLost, () => item.Purging.PurgeDueAsync(Guid.NewGuid()));

        await item.UndeleteAsync(points[0]);
        Assert.Equal("content 0", (await item.RestoreAsync(points[0]))["file"]);
    }

    [Fact]
    public async Task Purge_AfterItsTime_IsFinalAndTheOthersStay()
    {
        var (item, points) = await PrepareAsync();
        using var _ = item;
        await item.DeleteAsync(points[0]);
        await item.DeleteAsync(points[2]);
        await PassAsync(item);

        var outcome = await item.PurgeAsync();

        Assert.Equal((2, 0), (outcome.Purged, outcome.Waiting));
        Assert.Equal([points[1]], (await item.ListAsync()).Select(p => p.Name));
        foreach (var gone in new[] { points[0], points[2] })
        {
            await RefusedAsync(ErrorCodes.RecoveryPointNotFound, () => item.UndeleteAsync(gone));
            await RefusedAsync(ErrorCodes.RecoveryPointNotFound, () => item.DeleteAsync(gone));
            await RefusedAsync(ErrorCodes.RecoveryPointNotFound, () => item.RestoreAsync(gone));
            await RefusedAsync(ErrorCodes.RecoveryPointNotFound, () => PointAsync(item, gone));
        }
        Assert.Single(await cluster.Store.ListNamesAsync(ItemBlobs.Manifests(item.Key.ItemId)));
        Assert.Single(await cluster.Store.ListNamesAsync(ItemBlobs.Tombstones(item.Key.ItemId)));
        Assert.Equal("content 1", (await item.RestoreAsync(points[1]))["file"]);
        Assert.Equal(4, (await item.BackUpAsync()).Seq);
        Assert.Equal(2, (await item.ListAsync()).Count);
    }

    [Fact]
    public async Task Purge_ClockThatJumped_TakesNothingUntilADayIsLogged()
    {
        var (item, points) = await PrepareAsync();
        using var _ = item;
        await item.DeleteAsync(points[0]);
        // A new process: it has counted nothing yet, and the log's last entry is the deletion's.
        await using var twin = await cluster.DeployTwinAsync();
        var other = twin.Client.GetGrain<IPurgeProbe>(item.Key.ToString());
        cluster.Time.Advance(TimeSpan.FromDays(400));

        var jumped = await other.PlanPurgeAsync();
        Assert.Equal((0, 1), (jumped.Purged, jumped.Waiting));
        Assert.Contains("activity log", jumped.HeldBy, StringComparison.Ordinal);

        await item.Vault.Vault.AssignIdentityAsync(new RecoveryVault.Vaults.ChangeIdentity(Guid.NewGuid()));
        cluster.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal((1, null), ((await other.PlanPurgeAsync()).Purged, jumped.NextDue > cluster.Time.GetUtcNow() ? "" : null));
    }

    [Fact]
    public async Task Purge_PointBeingRead_Waits()
    {
        var (item, points) = await PrepareAsync();
        using var _ = item;
        var reading = await item.Grain.BeginRestoreAsync(new BeginRestore(Guid.NewGuid(), points[0], RestorePurpose.Verify));
        await item.DeleteAsync(points[0]);
        var end = new EndRestore(reading.Session.SessionId, JobStatus.Completed, [], new Dictionary<string, string>());
        cluster.Time.Advance(TimeSpan.FromDays(16));

        var outcome = await item.Purging.PlanPurgeAsync();

        Assert.Equal((0, 1), (outcome.Purged, outcome.Waiting));
        await item.Grain.EndRestoreAsync(end);
    }

    [Theory]
    [InlineData("missing", ErrorCodes.DataMissing)]
    [InlineData("flip", ErrorCodes.DataBitRot)]
    public async Task Tombstones_Damaged_BlockDeletionsAndNoRestore(string damage, string code)
    {
        var (item, points) = await PrepareAsync();
        using var _ = item;
        await item.DeleteAsync(points[0]);
        var name = Assert.Single(await cluster.Store.ListNamesAsync(ItemBlobs.Tombstones(item.Key.ItemId)));
        if (damage == "missing")
            await cluster.Store.DeleteAsync(name);
        else
            await StoredDamage.FlipAsync(cluster.Store, name, 40);
        await item.RestartAsync();

        await RefusedAsync(code, () => item.DeleteAsync(points[1]));
        await RefusedAsync(code, item.PurgeAsync);
        Assert.Equal("content 2", (await item.RestoreAsync(points[2]))["file"]);
        Assert.Equal(3, (await item.ListAsync()).Count);
        Assert.Equal(4, (await item.BackUpAsync()).Seq);
    }

    [Fact]
    public async Task Tombstones_OlderRecordInPlaceOfTheNewest_IsRefused()
    {
        var (item, points) = await PrepareAsync();
        using var _ = item;
        await item.DeleteAsync(points[0]);
        var first = Assert.Single(await cluster.Store.ListNamesAsync(ItemBlobs.Tombstones(item.Key.ItemId)));
        var replayed = (await cluster.Store.GetAsync(first))!.Content;
        await item.DeleteAsync(points[1]);
        var second = Assert.Single(await cluster.Store.ListNamesAsync(ItemBlobs.Tombstones(item.Key.ItemId)));
        await StoredDamage.ReplaceAsync(cluster.Store, second, replayed);
        await item.RestartAsync();

        await RefusedAsync(ErrorCodes.RecordTampered, () => item.UndeleteAsync(points[1]));
    }

    /// <summary>The time to take deletions back passes, and the log proves it.</summary>
    private async Task PassAsync(ClusterItem item)
    {
        await item.Purging.PlanPurgeAsync();
        cluster.Time.Advance(TimeSpan.FromDays(16));
        await item.Vault.Vault.AssignIdentityAsync(new RecoveryVault.Vaults.ChangeIdentity(Guid.NewGuid()));
        cluster.Time.Advance(TimeSpan.FromDays(1));
    }

    private static Task<VaultException> RefusedAsync(string code, Func<Task> call) => BackupSessionTests.RefusedAsync(code, call);
}
