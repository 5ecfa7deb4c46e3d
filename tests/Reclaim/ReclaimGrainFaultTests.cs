using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Reclaim;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Items;
using RecoveryVault.Tests.Storage;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Reclaim;

/// <summary>
/// Every call of the store that a reclaim makes from its begin to the end of its job goes wrong once in every way, and the process dies
/// around every one. Afterwards everything restores, no job runs for ever, and the next reclaim frees what is left.
/// </summary>
[Collection(VaultClusterCollection.Name)]
public sealed class ReclaimGrainFaultTests(VaultCluster cluster, ITestOutputHelper output)
{
    [Fact]
    public async Task Reclaim_AnyStorageCallGoesWrong_TheNextFreesTheRest()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        item.Write("file", "what is kept");
        var point = await item.BackUpAsync();
        var packs = await CountAsync(item);
        var runs = 0;
        foreach (var fault in Fault.Everywhere)
        {
            var hit = true;
            for (var nth = 0; hit; nth++)
            {
                await StoreOrphanAsync(item, seed: ++runs);
                Assert.Equal(packs + 1, await CountAsync(item));
                hit = await FailAsync(item, fault, nth);
                try
                {
                    Assert.Equal("what is kept", (await item.RestoreAsync(point.Name))["file"]);
                    var (_, outcome) = await VaultClient.ReclaimAsync(item.Grain, new ReclaimOptions());
                    Assert.Equal((JobStatus.Completed, null), (outcome.Status, outcome.Error));
                    Assert.Equal(packs, await CountAsync(item));
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"After {fault} at call {nth}: {e.Message}", e);
                }
            }
            // A process that died takes its jobs with it, when it is noticed; here it lives on.
            if (fault is Fault.Fail or Fault.AckLost)
                Assert.Empty((await item.Vault.Jobs.ListAsync(new JobQuery(JobStatus.InProgress, null, new PageRequest()))).Items);
        }
        output.WriteLine($"{runs} runs");
        // Job, log, slot, ring, listings, packs, runs, heads, condemned, deleted, confirmed: each read or written.
        Assert.InRange(runs, 4 * 25, 4 * 120);
        Assert.Equal("what is kept", (await item.RestoreAsync((await item.BackUpAsync()).Name))["file"]);
    }

    /// <summary>Runs a reclaim in which one call goes wrong, and forgets what the process knew; false when it has no such call.</summary>
    private async Task<bool> FailAsync(ClusterItem item, Fault fault, int nth)
    {
        var (hit, seen) = (false, 0);
        cluster.Store.Inject(fault, names: _ => seen++ == nth && (hit = true));
        try
        {
            await VaultClient.ReclaimAsync(item.Grain, new ReclaimOptions());
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            // It may end anywhere.
        }
        await item.RestartAsync();
        return hit;
    }

    /// <summary>What a backup stored that never came to its commit.</summary>
    private async Task StoreOrphanAsync(ClusterItem item, int seed)
    {
        var session = (await item.Grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid()))).Session!;
        var channel = await cluster.DataPlane.OpenBackupAsync(session, default);
        await ItemStage.PutAsync(channel, ItemStage.Noise(seed, 3000));
        await channel.FlushAsync(default);
        await item.Grain.AbandonBackupAsync(new AbandonBackup(session.SessionId, null));
    }

    private async Task<int> CountAsync(ClusterItem item) =>
        (await cluster.Store.ListNamesAsync($"{ItemBlobs.Packs(item.Key.ItemId)}/")).Count;
}
