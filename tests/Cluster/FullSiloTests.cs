using Microsoft.Extensions.DependencyInjection;
using RecoveryVault.Backups;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Reclaim;
using RecoveryVault.Restores;
using RecoveryVault.Tests.Items;

namespace RecoveryVault.Tests.Cluster;

/// <summary>A silo that has room for three sessions, two for each client.</summary>
public sealed class FullSiloTests : IAsyncLifetime
{
    private readonly VaultCluster _cluster = new() { Silos = 1, Limits = new SessionLimits(3, 2, 64 << 20) };
    private readonly List<VaultException> _waits = [];
    private VaultClient _client = null!;
    private VaultClient _other = null!;

    public async Task InitializeAsync()
    {
        await _cluster.InitializeAsync();
        _client = ClientOf(_cluster.Cluster.Client);
        // What comes from inside the silo is another client than what comes through its gateway.
        _other = ClientOf(_cluster.Cluster.GetActiveSilos().First().ServiceProvider.GetRequiredService<IGrainFactory>());
    }

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Begin_ClientHasItsShare_IsRefusedWithoutAJobOrALogEntry()
    {
        using var first = await ClusterItem.CreateAsync(_cluster);
        using var another = await ClusterItem.CreateAsync(_cluster);
        using var second = await ClusterItem.CreateAsync(_cluster);
        var ticket = await first.Grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid()));
        var more = await another.Grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid()));

        foreach (var begin in Begins(second.Grain))
            await RefusedAsync(ErrorCodes.ClientLimitReached, begin);

        Assert.Empty(await JobsAsync(second));
        Assert.Empty(await second.LogAsync("BeginBackup"));
        Assert.Empty(await second.LogAsync("Backup"));
        // The other client has its own share.
        var others = await _other.OpenItem(second.Key).BeginBackupAsync(new BeginBackup(Guid.NewGuid()));
        await _other.OpenItem(second.Key).AbandonBackupAsync(new AbandonBackup(others.Session!.SessionId, null));
        await EndAsync(first, ticket);
        await EndAsync(another, more);
    }

    [Fact]
    public async Task Begin_SiloIsFull_ListsStopsAndRevokesGoOn()
    {
        var (items, jobs) = await FillAsync();
        using var third = await ClusterItem.CreateAsync(_cluster);
        await RefusedAsync(ErrorCodes.ServerBusy, () => third.Grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid())));

        Assert.Empty(await third.ListAsync());
        Assert.NotEmpty((await _client.Directory.ListVaultsAsync(new())).Items);
        Assert.Equal(JobStatus.InProgress, Assert.Single(await JobsAsync(items[0])).Status);
        Assert.Equal(JobStatus.Cancelled, (await items[0].Vault.Jobs.StopAsync(jobs[0].JobId)).Status);

        // Its place is free.
        Assert.Equal(1, (await third.BackUpAsync()).Seq);
        await EndOthersAsync(items, jobs);
    }

    [Fact]
    public async Task BackUp_SiloIsFull_WaitsSaysSoOnceAndSucceeds()
    {
        using var waiting = await ClusterItem.CreateAsync(_cluster);
        waiting.Write("file", "Dear Anna");
        var (items, tickets) = await FillAsync();

        var backup = _client.BackUpAsync(waiting.Grain, new BackupOptions());
        await TickUntilAsync(() => _waits.Count > 0);
        for (var ticks = 0; ticks < 10; ticks++)
            await TickAsync();
        Assert.False(backup.IsCompleted);
        await EndAsync(items[0], tickets[0]);
        await TickUntilAsync(() => backup.IsCompleted);

        Assert.Equal(1, (await backup).Outcome.RecoveryPoint.Seq);
        Assert.Single(_waits);
        // Neither failed job nor log entry tells of the wait.
        Assert.Equal(JobStatus.Completed, Assert.Single(await JobsAsync(waiting)).Status);
        await EndOthersAsync(items, tickets);
    }

    [Fact]
    public async Task Sessions_SiloIsFull_GoOnAndReadWhatWasBefore()
    {
        using var item = await ClusterItem.CreateAsync(_cluster);
        item.Write("file", "Dear Anna");
        await item.BackUpAsync();
        var (items, tickets) = await FillAsync();
        await EndAsync(items[0], tickets[0]);

        // Its own session is the third and last: the one that reads the previous recovery point has a place beside it.
        var again = await _client.BackUpAsync(item.Grain, new BackupOptions());

        Assert.Equal((2, 0), (again.Outcome.RecoveryPoint.Seq, again.Outcome.BytesNew));
        Assert.Empty(_waits);
        await EndOthersAsync(items, tickets);
    }

    [Fact]
    public async Task Restore_NoPatience_FailsWithTheCodeAndLeavesTheTarget()
    {
        using var item = await ClusterItem.CreateAsync(_cluster);
        item.Write("file", "Dear Anna");
        await item.BackUpAsync();
        var (items, tickets) = await FillAsync();
        var hasty = new VaultClient(_cluster.Cluster.Client, _cluster.DataPlane, _cluster.Time) { BusyPatience = TimeSpan.Zero };
        var target = Path.Join(item.Source, "..", "restored");

        var refusal = await Assert.ThrowsAsync<VaultException>(() =>
            hasty.RestoreAsync(item.Grain, new RestoreOptions { Target = target })
        );

        Assert.True(BusyWait.IsBusy(refusal));
        Assert.True(refusal.RetryAfter > TimeSpan.Zero);
        Assert.False(Directory.Exists(target));
        await EndAsync(items[0], tickets[0]);
        await EndOthersAsync(items, tickets);
    }

    private static Func<Task>[] Begins(IProtectedItemGrain item) =>
        [
            () => item.BeginBackupAsync(new BeginBackup(Guid.NewGuid())),
            () => item.BeginRestoreAsync(new BeginRestore(Guid.NewGuid(), null, RestorePurpose.Restore)),
            () => item.BeginRestoreAsync(new BeginRestore(Guid.NewGuid(), null, RestorePurpose.Browse)),
            () => item.BeginReclaimAsync(new BeginReclaim(Guid.NewGuid(), IsDryRun: false)),
        ];

    /// <summary>The first session is this client's, two are the other's: the silo is full, and this client might have one more.</summary>
    private async Task<(ClusterItem[] Items, BackupTicket[] Tickets)> FillAsync()
    {
        var (items, tickets) = (new ClusterItem[3], new BackupTicket[3]);
        for (var n = 0; n < items.Length; n++)
        {
            items[n] = await ClusterItem.CreateAsync(_cluster);
            var client = n == 0 ? _client : _other;
            tickets[n] = await client.OpenItem(items[n].Key).BeginBackupAsync(new BeginBackup(Guid.NewGuid()));
        }
        return (items, tickets);
    }

    private async Task EndOthersAsync(ClusterItem[] items, BackupTicket[] tickets)
    {
        foreach (var (item, ticket) in items.Zip(tickets).Skip(1))
            await _other.OpenItem(item.Key).AbandonBackupAsync(new AbandonBackup(ticket.Session!.SessionId, null));
    }

    private static Task EndAsync(ClusterItem item, BackupTicket ticket) =>
        item.Grain.AbandonBackupAsync(new AbandonBackup(ticket.Session!.SessionId, null));

    private VaultClient ClientOf(IGrainFactory grains) => new(grains, _cluster.DataPlane, _cluster.Time) { OnBusy = _waits.Add };

    private async Task TickUntilAsync(Func<bool> isDone)
    {
        while (!isDone())
            await TickAsync();
    }

    private async Task TickAsync()
    {
        _cluster.Time.Advance(TimeSpan.FromSeconds(1));
        await _client.Directory.FindVaultAsync("none").ContinueWith(_ => { }, TaskScheduler.Default);
    }

    private static async Task<List<JobSummary>> JobsAsync(ClusterItem item)
    {
        List<JobSummary> jobs = [];
        await foreach (var job in VaultClient.AllAsync(page => item.Vault.Jobs.ListAsync(new JobQuery(null, JobOperations.Backup, page))))
            jobs.Add(job);
        return jobs;
    }

    private static async Task RefusedAsync(string code, Func<Task> act)
    {
        var refusal = await Assert.ThrowsAsync<VaultException>(act);
        Assert.Equal(code, refusal.Code);
        Assert.True(refusal.RetryAfter > TimeSpan.Zero);
    }
}
