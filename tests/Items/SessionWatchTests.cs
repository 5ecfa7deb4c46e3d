using RecoveryVault.Backups;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Tests.Cluster;

namespace RecoveryVault.Tests.Items;

/// <summary>Which sessions are taken for abandoned: those of clients that died, and none of a client that is slow.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class SessionWatchTests(VaultCluster cluster)
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    /// <summary>The limit, the period of looking, and a step.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(110);

    [Fact]
    public async Task Backup_ClientDied_GivesItsItemBackWithinTwoMinutes()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        var died = await item.Grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid()));
        await DataPath.BackupSessionTests.RefusedAsync(ErrorCodes.BackupInProgress, item.BackUpAsync);

        await PassAsync(item, Soon);

        var job = await item.Vault.Jobs.GetAsync(died.JobId);
        Assert.Equal((JobStatus.Failed, ErrorCodes.SessionLost), (job.Status, job.ErrorDetails[0].Code));
        Assert.Equal(1, (await item.BackUpAsync()).Seq);
    }

    [Fact]
    public async Task Restore_ClientDied_EndsItsJob()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        await item.BackUpAsync();
        var died = await item.Grain.BeginRestoreAsync(new BeginRestore(Guid.NewGuid(), null, RestorePurpose.Restore));

        await PassAsync(item, Soon);

        Assert.Equal(JobStatus.Failed, (await item.Vault.Jobs.GetAsync(died.JobId!.Value)).Status);
    }

    [Fact]
    public async Task Backup_SourceSilentForTenMinutes_IsNotCutOff()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        var source = new SilentStream();
        var backup = cluster.Client.BackUpAsync(item.Grain, new BackupOptions { OpenStream = () => source });

        await source.IsRead.WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System);
        await PassAsync(item, TimeSpan.FromMinutes(10));
        source.Say("done"u8.ToArray());

        var point = (await backup).Outcome.RecoveryPoint.Name;
        Assert.Equal("done", Assert.Single(await item.RestoreAsync(point)).Value);
    }

    [Fact]
    public async Task Backup_WholeProcessStoodStill_GoesOn()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        var stopped = await item.Grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid()));

        cluster.Time.Advance(TimeSpan.FromHours(1));
        await PassAsync(item, ProtectedItemGrain.IdleLimit - (4 * Step));

        Assert.Equal(JobStatus.InProgress, (await item.Vault.Jobs.GetAsync(stopped.JobId)).Status);
        await PassAsync(item, Soon);
        Assert.Equal(JobStatus.Failed, (await item.Vault.Jobs.GetAsync(stopped.JobId)).Status);
    }

    /// <summary>Time goes on, slowly enough for the cluster and its clients to follow.</summary>
    private async Task PassAsync(ClusterItem item, TimeSpan span)
    {
        for (var passed = TimeSpan.Zero; passed < span; passed += Step)
        {
            cluster.Time.Advance(Step);
            for (var i = 0; i < 20; i++)
                await item.Grain.GetAsync();
        }
    }
}
