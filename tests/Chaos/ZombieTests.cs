using Orleans.TestingHost;
using RecoveryVault.Backups;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Reclaim;
using RecoveryVault.Restores;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Items;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Chaos;

/// <summary>
/// A silo stands still before each single call to the store of a backup or reclaim, as a frozen process does; meanwhile another cluster,
/// to which it is dead, does the same work; then it goes on where it stood. What anybody was told is true, and nothing is lost.
/// </summary>
public sealed class ZombieTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly VaultCluster _cluster = new() { Silos = 1 };
    private InProcessTestCluster? _living;

    public enum Work
    {
        BackUp,
        Reclaim,
    }

    private VaultClient Living => _cluster.ClientOf(_living ?? throw new InvalidOperationException("It is not started."));

    public async Task InitializeAsync()
    {
        await _cluster.InitializeAsync();
        _living = await _cluster.DeployTwinAsync();
    }

    public async Task DisposeAsync()
    {
        if (_living is not null)
            await _living.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Theory]
    [InlineData(Work.BackUp, Work.BackUp)]
    [InlineData(Work.BackUp, Work.Reclaim)]
    [InlineData(Work.Reclaim, Work.BackUp)]
    [InlineData(Work.Reclaim, Work.Reclaim)]
    public async Task Zombie_StoppedAnywhereInItsWork_HarmsNothing(Work frozen, Work meanwhile)
    {
        // Each place takes its time: a backup's are for the long run.
        if (frozen == Work.BackUp && TestScale.Factor < 10)
            return;
        var stride = TestScale.Factor switch
        {
            < 3 => 17,
            < 10 => 9,
            _ => 1,
        };
        var (points, refused) = (0, 0);
        for (var step = ((int)frozen * 2) + (int)meanwhile; await FreezeAsync(frozen, meanwhile, step) is { } wasDone; step += stride)
        {
            points++;
            refused += wasDone ? 0 : 1;
        }
        output.WriteLine($"{points} places a silo was frozen at: {frozen} while another does {meanwhile}, {refused} refused");
        Assert.InRange(points, 1, 400);
        Assert.InRange(refused, 1, points);
    }

    /// <summary>Whether the zombie was told that its work is done; null when its work has no such step any more.</summary>
    private async Task<bool?> FreezeAsync(Work frozen, Work meanwhile, int step)
    {
        using var item = await PrepareAsync();
        Dictionary<string, string> told = [];
        foreach (var point in (await item.ListAsync()).Where(p => p.Seq > 1))
            told[point.Name] = $"content {point.Seq}";
        var isHit = false;
        var (itemId, vaultId) = ($"{item.Key.ItemId}", $"{item.Key.VaultId}");
        _cluster.Store.Inject(
            new Fault.First(async () =>
            {
                isHit = true;
                await MeanwhileAsync(item, meanwhile, told);
            }),
            BlobCalls.Any,
            step,
            name => name.Contains(itemId, StringComparison.Ordinal) || name.Contains(vaultId, StringComparison.Ordinal)
        );

        item.Write("file", "of the zombie");
        var isDone = await TryAsync(item, frozen, told);
        _cluster.Store.Recover();
        if (!isHit)
            return null;

        // Who lives hears of what the zombie did, if it did anything, with the next write at the latest.
        await MeanwhileAsync(item, Work.BackUp, told);
        await RequireAsync(item, Living, told);
        await item.RestartAsync();
        await RequireAsync(item, _cluster.Client, told);
        item.Write("file", "after all");
        told[(await item.BackUpAsync()).Name] = "after all";
        Assert.Equal(JobStatus.Completed, (await VaultClient.ReclaimAsync(item.Grain, new ReclaimOptions())).Outcome.Status);
        await RequireAsync(item, _cluster.Client, told);
        return isDone;
    }

    /// <summary>What a deleted point alone needed is due to be freed; the living cluster's backup finds it in its source again.</summary>
    private async Task<ClusterItem> PrepareAsync()
    {
        var item = await ClusterItem.CreateAsync(_cluster);
        item.WriteBytes("large", ItemStage.Noise(1, 200_000));
        var first = await item.BackUpAsync();
        File.Delete(Path.Join(item.Source, "large"));
        for (var seq = 2; seq <= 3; seq++)
        {
            item.Write("file", $"content {seq}");
            await item.BackUpAsync();
        }
        await item.DeleteAsync(first.Name);
        await item.Purging.PlanPurgeAsync();
        _cluster.Time.Advance(TimeSpan.FromDays(16));
        await item.Vault.Vault.AssignIdentityAsync(new RecoveryVault.Vaults.ChangeIdentity(Guid.NewGuid()));
        _cluster.Time.Advance(TimeSpan.FromDays(1));
        return item;
    }

    private async Task MeanwhileAsync(ClusterItem item, Work work, Dictionary<string, string> told)
    {
        var grain = Living.OpenItem(item.Key);
        if (work == Work.Reclaim)
            await VaultClient.ReclaimAsync(grain, new ReclaimOptions());
        using var source = new ScratchDirectory();
        await File.WriteAllTextAsync(source["file"], "of the living");
        await File.WriteAllBytesAsync(source["large"], ItemStage.Noise(1, 200_000));
        var report = await Living.BackUpAsync(grain, new BackupOptions { SourcePath = source.Path });
        told[report.Outcome.RecoveryPoint.Name] = "of the living";
    }

    private static async Task<bool> TryAsync(ClusterItem item, Work work, Dictionary<string, string> told)
    {
        try
        {
            if (work == Work.Reclaim)
                return (await VaultClient.ReclaimAsync(item.Grain, new ReclaimOptions())).Outcome.Status == JobStatus.Completed;
            told[(await item.BackUpAsync()).Name] = "of the zombie";
            return true;
        }
        catch (VaultException)
        {
            return false;
        }
    }

    /// <summary>Every point that somebody was told of is there and restores, whoever is asked.</summary>
    private static async Task RequireAsync(ClusterItem item, VaultClient client, Dictionary<string, string> told)
    {
        var grain = client.OpenItem(item.Key);
        HashSet<string> listed = [];
        await foreach (var point in VaultClient.AllAsync(grain.ListRecoveryPointsAsync))
            listed.Add(point.Name);
        Assert.Empty(told.Keys.Except(listed));
        foreach (var (name, content) in told)
        {
            using var target = new ScratchDirectory();
            var report = await client.RestoreAsync(grain, new RestoreOptions { Target = target["to"], RecoveryPoint = name });
            Assert.Equal(0, report.Damaged + report.Failed + report.Lost);
            Assert.Equal(content, await File.ReadAllTextAsync(target["to/file"]));
            if (content == "of the living")
                Assert.Equal(ItemStage.Noise(1, 200_000), await File.ReadAllBytesAsync(target["to/large"]));
        }
    }
}
