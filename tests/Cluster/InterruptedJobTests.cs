using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Records;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Cluster;

/// <summary>Whoever lists jobs after a process died: what was done is done, and what was not was interrupted.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class InterruptedJobTests(VaultCluster cluster)
{
    [Theory]
    [InlineData(0, JobStatus.Failed)]
    [InlineData(1, JobStatus.Completed)]
    public async Task Job_OfADeadProcess_IsInterruptedOnlyWhenItsPointIsNotThere(int recordWrite, JobStatus expected)
    {
        using var item = await KeyedItem.CreateAsync(cluster, hasKey: false);
        await using var twin = await cluster.DeployTwinAsync();
        cluster.Store.Inject(
            new Fault.CrashAfter(),
            BlobCalls.Put,
            nth: recordWrite,
            names: name => name.StartsWith(GrainRecords.ItemBlobs(item.Stage.Vault.VaultId), StringComparison.Ordinal)
        );
        await Assert.ThrowsAnyAsync<Exception>(() => item.BackUpAsync());
        cluster.Store.Recover();

        // Another process, which no client asked anything but for the jobs.
        var vault = cluster.ClientOf(twin).Open(item.Stage.Vault.VaultId);
        var jobs = await vault.Jobs.ListAsync(new JobQuery(null, JobOperations.Backup, new PageRequest()));

        var job = Assert.Single(jobs.Items);
        Assert.Equal(
            (expected, expected == JobStatus.Failed ? ErrorCodes.JobInterrupted : null),
            (job.Status, job.ErrorDetails is [var error, ..] ? error.Code : null)
        );
        var logged = (await vault.Activity.ListAsync(new PageRequest())).Items.Where(e => e.Operation == "Backup").ToList();
        Assert.Equal(expected == JobStatus.Completed ? 1 : 0, logged.Count(e => e.CorrelationId == job.JobId && e.Status == "Succeeded"));
        var points = await cluster.ClientOf(twin).OpenItem(item.Key).ListRecoveryPointsAsync(new PageRequest());
        Assert.Equal(expected == JobStatus.Completed ? 1 : 0, points.Items.Count);
    }
}
