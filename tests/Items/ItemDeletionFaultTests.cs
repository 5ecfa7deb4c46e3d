using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Storage;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Items;

/// <summary>
/// Every call of the store that deleting or having back a whole item makes fails, loses its answer, or is the last before the process dies.
/// Afterwards the item is there with all its points or deleted with all of them, and the same again makes it as wanted.
/// </summary>
[Collection(VaultClusterCollection.Name)]
public sealed class ItemDeletionFaultTests(VaultCluster cluster, ITestOutputHelper output)
{
    private static readonly (ProtectionState, long, long) Deleted = (ProtectionState.SoftDeleted, 0, 2);
    private static readonly (ProtectionState, long, long) There = (ProtectionState.ProtectionStopped, 2, 0);

    private static Task DeleteAsync(ClusterItem item) => item.Grain.DeleteAsync(new DeleteItem(Guid.NewGuid()));

    private static Task UndeleteAsync(ClusterItem item) => item.Grain.UndeleteAsync(new UndeleteItem(Guid.NewGuid()));

    private static async Task<(ProtectionState, long, long)> StateAsync(ClusterItem item)
    {
        var shown = await item.Grain.GetAsync();
        return (shown.State, shown.RecoveryPointCount, shown.SoftDeletedCount);
    }

    [Fact]
    public async Task Delete_AnyFault_IsOldOrNew() => await SweepAsync("DeleteItem", UndeleteAsync, DeleteAsync, There, Deleted);

    [Fact]
    public async Task Undelete_AnyFault_IsOldOrNew() => await SweepAsync("UndeleteItem", DeleteAsync, UndeleteAsync, Deleted, There);

    private async Task SweepAsync(
        string operation,
        Func<ClusterItem, Task> prepare,
        Func<ClusterItem, Task> act,
        (ProtectionState, long, long) before,
        (ProtectionState, long, long) wanted
    )
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        await item.BackUpAsync();
        await item.BackUpAsync();
        await item.Grain.DisableAsync(new DisableProtection(Guid.NewGuid(), ""));
        var runs = 0;
        foreach (var fault in Fault.Everywhere)
        {
            var hit = true;
            for (var nth = 0; hit; nth++, runs += hit ? 1 : 0)
            {
                await prepare(item);
                await item.RestartAsync();
                var seen = 0;
                hit = false;
                cluster.Store.Inject(fault, names: _ => seen++ == nth && (hit = true));
                var isDone = await TryAsync(() => act(item));
                await item.RestartAsync();

                var after = await StateAsync(item);
                Assert.True(after == wanted || (!isDone && after == before), $"{operation} after {fault} at call {nth}: {after}");
                await act(item);
                Assert.Equal(wanted, await StateAsync(item));
            }
        }
        output.WriteLine($"{operation}: {runs} runs");
        Assert.InRange(runs, 60, 400);
        await AssertLoggedOnceAsync(item, operation, runs + Fault.Everywhere.Count);
    }

    private static async Task AssertLoggedOnceAsync(ClusterItem item, string operation, int changes)
    {
        var entries = (await item.LogAsync(operation)).Where(e => e.Status == "Succeeded").ToList();
        Assert.Equal(changes, entries.Select(e => e.CorrelationId).Distinct().Count());
        Assert.Equal(changes, entries.Count);
        foreach (var entry in entries)
            Assert.Equal(JobStatus.Completed, (await item.Vault.Jobs.GetAsync(entry.CorrelationId)).Status);
    }

    private static async Task<bool> TryAsync(Func<Task> act)
    {
        try
        {
            await act();
            return true;
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            return false;
        }
    }
}
