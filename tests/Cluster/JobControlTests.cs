using RecoveryVault.Backups;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Items;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Cluster;

/// <summary>Jobs as others see them while they run, and stop them.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class JobControlTests(VaultCluster cluster)
{
    [Fact]
    public async Task Stop_WhatIsNoRunningJob_IsRefused()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        await item.BackUpAsync();
        await RefusedAsync(ErrorCodes.JobNotFound, () => item.Vault.Jobs.StopAsync(Guid.NewGuid()));
        foreach (var job in await JobsAsync(item))
            await RefusedAsync(ErrorCodes.JobNotRunning, () => item.Vault.Jobs.StopAsync(job.JobId));
    }

    [Fact]
    public async Task Stop_ChangeOfKeyUnderWay_IsRefused()
    {
        var stage = await VaultStage.CreateAsync(cluster);
        var ticket = await stage.Vault.Vault.AttemptProtectionAsync(new(Guid.NewGuid(), "docs"));
        await RefusedAsync(ErrorCodes.JobNotStoppable, () => stage.Vault.Jobs.StopAsync(ticket.JobId));

        var running = await stage.Vault.Jobs.GetAsync(ticket.JobId);
        Assert.Equal((JobStatus.InProgress, JobTasks.LookAtSource), (running.Status, running.Tasks[0].TaskId));
    }

    [Fact]
    public async Task Stop_BackupWhoseSourceIsSilent_EndsItAndTheNextOneWorks()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        var source = new SilentStream();
        var backup = cluster.Client.BackUpAsync(item.Grain, new BackupOptions { OpenStream = () => source });
        await source.IsRead.WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System);
        var job = Assert.Single(await JobsAsync(item), j => j.Operation == JobOperations.Backup);
        Assert.Empty(job.Tasks);

        var stopped = await item.Vault.Jobs.StopAsync(job.JobId);

        Assert.Equal((JobStatus.Cancelled, 0), (stopped.Status, stopped.ErrorDetails.Count));
        Assert.Equal(
            [JobTaskStatus.Completed, JobTaskStatus.Completed, JobTaskStatus.Cancelled, JobTaskStatus.NotStarted],
            stopped.Tasks.Select(t => t.Status)
        );
        // The client hears of it by itself, though there is nothing to send.
        await TickUntilAsync(backup);
        await RefusedAsync(ErrorCodes.JobCancelled, () => backup);
        Assert.Empty(await item.ListAsync());
        Assert.Equal(1, (await item.BackUpAsync()).Seq);
        await RefusedAsync(ErrorCodes.JobNotRunning, () => item.Vault.Jobs.StopAsync(job.JobId));
        Assert.Equal(stopped.Tasks, (await item.Vault.Jobs.GetAsync(job.JobId)).Tasks);
    }

    [Fact]
    public async Task Get_BackupUnderWay_TellsHowFarItIsWithoutWritingAnything()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        var ticket = await item.Grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid()));
        var sessionId = ticket.Session!.SessionId;
        var writes = cluster.Store.Count(BlobCalls.Writes);

        Assert.True(await item.Grain.ReportProgressAsync(new(sessionId, 7, 4096, 8192)));
        var job = await item.Vault.Jobs.GetAsync(ticket.JobId);

        Assert.Equal((JobStatus.InProgress, 50), (job.Status, job.ProgressPercent));
        var task = Assert.Single(job.Tasks, t => t.Status == JobTaskStatus.InProgress);
        Assert.Equal((JobTasks.TransferData, 7, 4096, 8192), (task.TaskId, task.ItemsDone, task.BytesDone, task.BytesTotal));
        Assert.Equal(writes, cluster.Store.Count(BlobCalls.Writes));
        await RefusedAsync(ErrorCodes.JobStillRunning, () => cluster.Client.WaitForJobAsync(item.Vault, ticket.JobId, TimeSpan.Zero));
        await item.Grain.AbandonBackupAsync(new AbandonBackup(sessionId, null));
        Assert.False(await item.Grain.ReportProgressAsync(new(sessionId, 8, 4096, 8192)));
        Assert.Equal(JobStatus.Cancelled, (await cluster.Client.WaitForJobAsync(item.Vault, ticket.JobId)).Status);
    }

    [Fact]
    public async Task Get_JobsThatEnded_HaveTheirTasks()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        item.Write("a", "text");
        var point = await item.BackUpAsync();
        await item.RestoreAsync(point.Name);
        await cluster.Client.VerifyAsync(item.Grain, new() { ReadData = true });
        await VaultClient.ReclaimAsync(item.Grain, new());

        await AssertAsync(
            JobOperations.Backup,
            2,
            4,
            JobTasks.TakeWriterSlot,
            JobTasks.OpenSession,
            JobTasks.TransferData,
            JobTasks.Commit
        );
        await AssertAsync(JobOperations.Restore, 1, 4, JobTasks.OpenRecoveryPoint, JobTasks.RestoreFiles);
        await AssertAsync(JobOperations.Verify, 1, 4, JobTasks.OpenRecoveryPoint, JobTasks.VerifyData);
        await AssertAsync(JobOperations.ReclaimSpace, 2, null, JobTasks.TakeWriterSlot, JobTasks.PurgeDue, JobTasks.MarkNeeded);
        await AssertAsync(JobOperations.ConfigureBackup, 0, 0, JobTasks.LookAtSource);

        async Task AssertAsync(string operation, int counting, long? bytes, params string[] tasks)
        {
            var listed = Assert.Single(await JobsAsync(item), j => j.Operation == operation);
            var job = await item.Vault.Jobs.GetAsync(listed.JobId);
            Assert.Equal(100, job.ProgressPercent);
            Assert.Equal(tasks, job.Tasks.Take(tasks.Length).Select(t => t.TaskId));
            Assert.All(job.Tasks, t => Assert.Equal(JobTaskStatus.Completed, t.Status));
            Assert.Equal(bytes ?? job.Tasks[counting].BytesDone, job.Tasks[counting].BytesDone);
        }
    }

    [Fact]
    public async Task Get_ChangeOfKeyThatRewrapped_HasItsTasks()
    {
        var stage = await VaultStage.CreateAsync(cluster);
        await stage.AssignKeyAsync();
        await stage.ProtectAsync("docs");
        await stage.KeyOwner.CreateKeyAsync("next", new() { Kty = "RSA" });
        var jobId = (await stage.AssignKeyAsync($"https://{stage.KeyVault}.vault.localhost/keys/next")).JobId!.Value;
        await VaultClient.SyncAsync(stage.Vault);

        var job = await stage.Vault.Jobs.GetAsync(jobId);

        Assert.Equal([JobTasks.CheckKey, JobTasks.Announce, JobTasks.RewrapItems, JobTasks.Finish], job.Tasks.Select(t => t.TaskId));
        Assert.All(job.Tasks, t => Assert.Equal(JobTaskStatus.Completed, t.Status));
        Assert.Equal((1, 1), (job.Tasks[2].ItemsDone, job.Tasks[2].ItemsTotal));
    }

    [Theory]
    [InlineData(RestorePurpose.Restore)]
    [InlineData(RestorePurpose.Verify)]
    public async Task Stop_ReadingUnderWay_EndsItsSession(RestorePurpose purpose)
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        await item.BackUpAsync();
        var ticket = await item.Grain.BeginRestoreAsync(new BeginRestore(Guid.NewGuid(), null, purpose));

        var stopped = await item.Vault.Jobs.StopAsync(ticket.JobId!.Value);

        Assert.Equal(JobStatus.Cancelled, stopped.Status);
        await RefusedAsync(ErrorCodes.SessionLost, async () => await cluster.DataPlane.OpenRestoreAsync(ticket.Session, default));
    }

    [Fact]
    public async Task Stop_ReclaimUnderWay_EndsAtItsNextStepAndGivesTheSlotBack()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        item.Write("a", "text");
        await item.BackUpAsync();
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        cluster.Store.Inject(
            new Fault.First(() =>
            {
                reached.TrySetResult();
                return go.Task;
            }),
            BlobCalls.Get | BlobCalls.Read,
            names: name => name.StartsWith($"manifests/{item.Key.ItemId}", StringComparison.Ordinal)
        );
        var ticket = await item.Grain.BeginReclaimAsync(new(Guid.NewGuid(), IsDryRun: false));
        await reached.Task.WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System);

        var stopping = await item.Vault.Jobs.StopAsync(ticket.JobId!.Value);
        Assert.Equal(JobStatus.Cancelling, stopping.Status);
        go.SetResult();
        while ((await item.Vault.Jobs.GetAsync(ticket.JobId.Value)).EndTime is null)
            await Task.Yield();

        Assert.Equal(JobStatus.Cancelled, (await item.Vault.Jobs.GetAsync(ticket.JobId.Value)).Status);
        cluster.Store.Recover();
        Assert.Equal(2, (await item.BackUpAsync()).Seq);
    }

    [Fact]
    public async Task Stop_StoreFailsAtAnyWrite_StoppedByTheNextTryAndNothingIsLost()
    {
        var runs = 0;
        foreach (var fault in Fault.Everywhere)
        {
            var hit = true;
            for (var nth = 0; hit; nth++)
            {
                using var item = await ClusterItem.CreateAsync(cluster);
                var jobId = (await item.Grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid()))).JobId;
                hit = false;
                var seen = 0;
                cluster.Store.Inject(fault, BlobCalls.Writes, names: _ => seen++ == nth && (hit = true));

                var first = await VaultStage.CodeOfAsync(() => TryAsync(() => item.Vault.Jobs.StopAsync(jobId)));
                await item.RestartAsync();
                runs += hit ? 1 : 0;

                var again = await VaultStage.CodeOfAsync(() => item.Vault.Jobs.StopAsync(jobId));
                Assert.True(again is null or ErrorCodes.JobNotRunning, $"{fault} at {nth}: {first}, {again}");
                // A death in between makes it a session that was lost: ended all the same.
                Assert.NotNull((await item.Vault.Jobs.GetAsync(jobId)).EndTime);
                Assert.Equal(1, (await item.BackUpAsync()).Seq);
            }
        }
        Assert.True(runs >= 8, $"{runs} runs");
    }

    private static async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception e) when (e is not VaultException)
        {
            throw new VaultException(ErrorCodes.StoreUnavailable, e.Message);
        }
    }

    private async Task TickUntilAsync(Task work)
    {
        while (!work.IsCompleted)
        {
            cluster.Time.Advance(TimeSpan.FromSeconds(2));
            await cluster.Client.Directory.FindVaultAsync("none").ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private static async Task<List<JobSummary>> JobsAsync(ClusterItem item)
    {
        List<JobSummary> jobs = [];
        await foreach (var job in VaultClient.AllAsync(page => item.Vault.Jobs.ListAsync(new JobQuery(null, null, page))))
            jobs.Add(job);
        return jobs;
    }

    private static Task<VaultException> RefusedAsync(string code, Func<Task> act) => BackupSessionTests.RefusedAsync(code, act);
}
