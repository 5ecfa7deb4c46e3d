using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Reclaim;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Items;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Reclaim;

/// <summary>A reclaim as the item's grain runs it: job, slot, readers, and two activations.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class ReclaimGrainTests(VaultCluster cluster)
{
    [Fact]
    public async Task Reclaim_PointDue_PurgesFreesAndEndsItsJob()
    {
        using var item = await PrepareAsync();

        var foreseen = (await ReclaimAsync(item, isDryRun: true)).Outcome;
        var (jobId, outcome) = await ReclaimAsync(item);

        Assert.Equal((JobStatus.Completed, 1L), (outcome.Status, outcome.Purge!.Purged));
        Assert.Equivalent(foreseen.Report, outcome.Report, strict: true);
        Assert.Equal(1, outcome.Report!.PacksDeleted);
        Assert.InRange(outcome.Report.BytesFreed, 200_000, 300_000);
        var job = await item.Vault.Jobs.GetAsync(jobId!.Value);
        Assert.Equal((JobOperations.ReclaimSpace, JobStatus.Completed, "item"), (job.Operation, job.Status, job.ItemName));
        Assert.Equal($"{outcome.Report.BytesFreed}", job.Properties["bytesFreed"]);
        Assert.Single(await item.LogAsync("Reclaim"));
        await AssertRestoresAsync(item);
        Assert.Equal(0, (await ReclaimAsync(item)).Outcome.Report!.PacksDeleted);
    }

    [Fact]
    public async Task Reclaim_DryRun_WritesNothing()
    {
        using var item = await PrepareAsync();
        var jobs = (await item.Vault.Jobs.ListAsync(new JobQuery(null, null, new PageRequest()))).Items.Count;
        var before = cluster.Store.Calls.Count;

        var (jobId, outcome) = await ReclaimAsync(item, isDryRun: true);

        Assert.Equal(1, outcome.Report!.PacksDeleted);
        Assert.Null(jobId);
        Assert.Equal(jobs, (await item.Vault.Jobs.ListAsync(new JobQuery(null, null, new PageRequest()))).Items.Count);
        // Other vaults of the cluster may go about their own.
        var own = cluster
            .Store.Calls.Skip(before)
            .Where(c =>
                c.Name.Contains($"{item.Key.VaultId}", StringComparison.Ordinal)
                || c.Name.Contains($"{item.Key.ItemId}", StringComparison.Ordinal)
            );
        Assert.DoesNotContain(own, c => BlobCalls.Writes.HasFlag(c.Call));
    }

    [Fact]
    public async Task Reclaim_BackupRuns_IsRefused()
    {
        using var item = await PrepareAsync();
        var backup = await item.Grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid()));

        var refused = (await ReclaimAsync(item)).Outcome;
        var foreseen = (await ReclaimAsync(item, isDryRun: true)).Outcome;

        Assert.Equal((ErrorCodes.BackupInProgress, ErrorCodes.BackupInProgress), (refused.Error!.Code, foreseen.Error!.Code));
        await item.Grain.AbandonBackupAsync(new AbandonBackup(backup.Session!.SessionId, null));
        Assert.Equal(1, (await ReclaimAsync(item)).Outcome.Report!.PacksDeleted);
    }

    [Fact]
    public async Task Backup_ReclaimRuns_IsRefusedAndCannotEndIt()
    {
        using var item = await PrepareAsync();
        var (ticket, go) = await BeginHeldAsync(item);

        try
        {
            await RefusedAsync(ErrorCodes.ReclaimInProgress, () => item.Grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid())));
            await RefusedAsync(ErrorCodes.ReclaimInProgress, () => item.Grain.BeginReclaimAsync(new BeginReclaim(Guid.NewGuid())));
            await item.Grain.AbandonBackupAsync(new AbandonBackup(ticket.SessionId, null));
            Assert.Equal(JobStatus.InProgress, (await item.Vault.Jobs.GetAsync(ticket.JobId!.Value)).Status);
        }
        finally
        {
            go.SetResult();
        }
        Assert.Equal(JobStatus.Completed, (await LookAsync(item, ticket)).Outcome!.Status);
        Assert.Equal(4, (await item.BackUpAsync()).Seq);
    }

    [Fact]
    public async Task Begin_SameOperationAgain_IsTheSameReclaim()
    {
        using var item = await PrepareAsync();
        var request = new BeginReclaim(Guid.NewGuid());

        var first = await item.Grain.BeginReclaimAsync(request);
        var again = await item.Grain.BeginReclaimAsync(request);

        Assert.Equal(first, again);
        Assert.Equal(1, (await LookAsync(item, first)).Outcome!.Report!.PacksDeleted);
        Assert.Equal(first, await item.Grain.BeginReclaimAsync(request));
    }

    [Fact]
    public async Task Stop_WhileItRuns_IsCancelledAndGivesTheSlotBack()
    {
        using var item = await PrepareAsync();
        var (ticket, go) = await BeginHeldAsync(item);

        await item.Grain.StopReclaimAsync(ticket.SessionId);
        go.SetResult();

        Assert.Equal(JobStatus.Cancelled, (await LookAsync(item, ticket)).Outcome!.Status);
        Assert.Equal(JobStatus.Cancelled, (await item.Vault.Jobs.GetAsync(ticket.JobId!.Value)).Status);
        await AssertRestoresAsync(item);
        Assert.Equal(1, (await ReclaimAsync(item)).Outcome.Report!.PacksDeleted);
    }

    [Fact]
    public async Task Look_ReclaimOfAnother_IsSessionLost()
    {
        using var item = await PrepareAsync();

        await RefusedAsync(ErrorCodes.SessionLost, () => item.Grain.GetReclaimAsync(Guid.NewGuid()));
        await RefusedAsync(ErrorCodes.SessionLost, () => item.Grain.StopReclaimAsync(Guid.NewGuid()));
    }

    [Fact]
    public async Task Reclaim_SomebodyReads_DeletionWaitsForTheNext()
    {
        using var item = await PrepareAsync();
        var reading = await item.Grain.BeginRestoreAsync(new BeginRestore(Guid.NewGuid(), null, RestorePurpose.Browse));

        var waiting = (await ReclaimAsync(item)).Outcome.Report!;
        Assert.Equal((0, 1), (waiting.PacksDeleted, waiting.PacksWaiting));

        await item.Grain.EndRestoreAsync(
            new EndRestore(reading.Session.SessionId, JobStatus.Completed, [], new Dictionary<string, string>())
        );
        // Whoever begins to read now knows better than to rely on what is condemned.
        var later = await item.Grain.BeginRestoreAsync(new BeginRestore(Guid.NewGuid(), null, RestorePurpose.Browse));
        Assert.Equal(1, (await ReclaimAsync(item)).Outcome.Report!.PacksDeleted);
        await item.Grain.EndRestoreAsync(
            new EndRestore(later.Session.SessionId, JobStatus.Completed, [], new Dictionary<string, string>())
        );
        await AssertRestoresAsync(item);
    }

    [Fact]
    public async Task Reclaim_ManifestMissing_FailsAndDeletesNothing()
    {
        using var item = await PrepareAsync();
        var manifest = (await cluster.Store.ListNamesAsync(ItemBlobs.Manifests(item.Key.ItemId)))[^1];
        var content = (await cluster.Store.GetAsync(manifest))!.Content;
        await cluster.Store.DeleteAsync(manifest);
        var packs = await PacksAsync(item);

        var (jobId, outcome) = await ReclaimAsync(item);

        Assert.Equal((JobStatus.Failed, ErrorCodes.DataMissing), (outcome.Status, outcome.Error!.Code));
        Assert.Contains("nothing was deleted", outcome.Error.Message, StringComparison.Ordinal);
        Assert.Equal(packs, await PacksAsync(item));
        Assert.Equal(JobStatus.Failed, (await item.Vault.Jobs.GetAsync(jobId!.Value)).Status);
        await StoredDamage.ReplaceAsync(cluster.Store, manifest, content);
        Assert.Equal(1, (await ReclaimAsync(item)).Outcome.Report!.PacksDeleted);
    }

    [Fact]
    public async Task Reclaim_SlotTakenByAnotherActivation_DeletesNothingThatIsNeeded()
    {
        using var item = await PrepareAsync();
        var (ticket, go) = await BeginHeldAsync(item);
        await using var twin = await cluster.DeployTwinAsync();
        var other = cluster.ClientOf(twin);
        // What was purged comes back, in the hands of a silo that takes this one for dead.
        item.WriteBytes("large", ItemStage.Noise(1, 200_000));
        try
        {
            await other.BackUpAsync(other.OpenItem(item.Key), new RecoveryVault.Backups.BackupOptions());
        }
        finally
        {
            go.SetResult();
        }

        var outcome = (await LookAsync(item, ticket)).Outcome!;
        Assert.Equal((JobStatus.Failed, ErrorCodes.SessionLost), (outcome.Status, outcome.Error!.Code));
        var latest = (await item.ListAsync())[0];
        Assert.Equal(200_000, (await item.RestoreBytesAsync(latest.Name))["large"].Length);
        await item.Grain.GetAsync();
        Assert.Equal(JobStatus.Completed, (await ReclaimAsync(item)).Outcome.Status);
        Assert.Equal(200_000, (await item.RestoreBytesAsync(latest.Name))["large"].Length);
    }

    /// <summary>Three recovery points of which the first, with most of the content, is due to be purged.</summary>
    private async Task<ClusterItem> PrepareAsync()
    {
        var item = await ClusterItem.CreateAsync(cluster);
        item.WriteBytes("large", ItemStage.Noise(1, 200_000));
        var first = await item.BackUpAsync();
        File.Delete(Path.Join(item.Source, "large"));
        for (var i = 0; i < 2; i++)
        {
            item.Write("file", $"content {i}");
            await item.BackUpAsync();
        }
        await item.DeleteAsync(first.Name);
        await item.Purging.PlanPurgeAsync();
        cluster.Time.Advance(TimeSpan.FromDays(16));
        await item.Vault.Vault.AssignIdentityAsync(new RecoveryVault.Vaults.ChangeIdentity(Guid.NewGuid()));
        cluster.Time.Advance(TimeSpan.FromDays(1));
        return item;
    }

    /// <summary>A reclaim that has the slot and stands before its first look at the packs, until the task is set.</summary>
    private async Task<(ReclaimTicket Ticket, TaskCompletionSource Go)> BeginHeldAsync(ClusterItem item)
    {
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        cluster.Store.Inject(
            new Fault.First(async () =>
            {
                reached.SetResult();
                await go.Task;
            }),
            BlobCalls.List,
            names: name => name == $"{ItemBlobs.Packs(item.Key.ItemId)}/"
        );
        var ticket = await item.Grain.BeginReclaimAsync(new BeginReclaim(Guid.NewGuid()));
        await reached.Task;
        return (ticket, go);
    }

    private static async Task<ReclaimProgress> LookAsync(ClusterItem item, ReclaimTicket ticket)
    {
        while (true)
        {
            var progress = await item.Grain.GetReclaimAsync(ticket.SessionId);
            if (progress.Outcome is not null)
                return progress;
        }
    }

    private static Task<(Guid? JobId, ReclaimOutcome Outcome)> ReclaimAsync(ClusterItem item, bool isDryRun = false) =>
        VaultClient.ReclaimAsync(item.Grain, new ReclaimOptions { IsDryRun = isDryRun });

    private static async Task AssertRestoresAsync(ClusterItem item)
    {
        var points = await item.ListAsync();
        Assert.Equal("content 1", (await item.RestoreAsync(points.Single(p => p.Seq == 3).Name))["file"]);
        Assert.Equal("content 0", (await item.RestoreAsync(points.Single(p => p.Seq == 2).Name))["file"]);
    }

    private async Task<IReadOnlyList<string>> PacksAsync(ClusterItem item) =>
        await cluster.Store.ListNamesAsync($"{ItemBlobs.Packs(item.Key.ItemId)}/");

    private static Task<VaultException> RefusedAsync(string code, Func<Task> call) => BackupSessionTests.RefusedAsync(code, call);
}
