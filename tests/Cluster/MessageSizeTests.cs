using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Items;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Cluster;

/// <summary>Messages at their limits; every other test of the cluster is measured too, by <see cref="MessageSizeFilter"/>.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class MessageSizeTests(VaultCluster cluster, ITestOutputHelper output)
{
    private const int Backups = 6;

    [Fact]
    public async Task Commit_WarningLongerThanTheLimit_IsRefused()
    {
        using var item = await ClusterItem.CreateAsync(cluster);

        await BackupSessionTests.RefusedAsync(ErrorCodes.InvalidRequest, () => CommitAsync(item, CommitBackup.MaxWarningLength + 1));

        Assert.Empty(await item.ListAsync());
    }

    [Fact]
    public async Task Lists_OfTheLongestEntries_ComeWholeInPagesBelowTheLimit()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        for (var i = 0; i < Backups; i++)
            await CommitAsync(item, CommitBackup.MaxWarningLength);

        List<JobSummary> jobs = [];
        await foreach (var job in VaultClient.AllAsync(page => item.Vault.Jobs.ListAsync(new JobQuery(null, JobOperations.Backup, page))))
            jobs.Add(job);

        Assert.Equal(Backups, jobs.Count);
        Assert.All(jobs, job => Assert.Equal(CommitBackup.MaxWarnings, job.ErrorDetails.Count));
        var longest = cluster.Messages.Longest;
        Assert.InRange(longest["IProtectedItemGrain.CommitBackupAsync request"], 100_000, MessageLimits.MaxBytes);
        Assert.InRange(longest["IJobLedgerGrain.ListAsync answer"], 100_000, MessageLimits.MaxBytes);
        foreach (var (message, bytes) in longest.OrderByDescending(m => m.Value).Take(10))
            output.WriteLine($"{message}: {bytes:n0} bytes");
    }

    /// <summary>A backup with as many warnings as there can be, of characters that take three bytes.</summary>
    private async Task CommitAsync(ClusterItem item, int warningLength)
    {
        var operation = Guid.NewGuid();
        var session = (await item.Grain.BeginBackupAsync(new BeginBackup(operation))).Session!;
        var channel = await cluster.DataPlane.OpenBackupAsync(session, default);
        try
        {
            await item.Grain.CommitBackupAsync(
                new CommitBackup
                {
                    OperationId = operation,
                    SessionId = session.SessionId,
                    Catalogue = await ItemStage.SendAsync(channel, new Dictionary<string, byte[]>()),
                    Statistics = new BackupStatistics { FilesUnreadable = CommitBackup.MaxWarnings },
                    Warnings = [.. Enumerable.Range(0, CommitBackup.MaxWarnings).Select(_ => WarningOf(warningLength))],
                }
            );
        }
        catch (VaultException)
        {
            await item.Grain.AbandonBackupAsync(new AbandonBackup(session.SessionId, null));
            throw;
        }
    }

    /// <summary>A new one each time: of equal references a message holds one.</summary>
    private static JobError WarningOf(int length) =>
        new(ErrorCodes.FilesUnreadable, new string('\u20ac', length), ErrorTable.Find(ErrorCodes.FilesUnreadable)!.Fix);
}
