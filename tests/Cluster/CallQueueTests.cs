using RecoveryVault.Connections;
using RecoveryVault.Errors;
using RecoveryVault.Hosting;

namespace RecoveryVault.Tests.Cluster;

/// <summary>Calls that wait for one grain are bounded.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class CallQueueTests(VaultCluster cluster)
{
    private const int TooMany = 100;

    [Fact]
    public async Task Calls_MoreThanAGrainTakes_AreTurnedAwayByCodeAndTheOthersAnswered()
    {
        var stage = await VaultStage.CreateAsync(cluster);
        TaskCompletionSource busy = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.KeyVaultTraffic.Hit(
            $"{stage.KeyVault}.vault.localhost",
            0,
            async call =>
            {
                busy.SetResult();
                await over.Task;
                await call();
            }
        );
        var change = stage.Vault.Vault.UpdateEncryptionAsync(stage.Update());
        await busy.Task;

        var calls = Enumerable
            .Range(0, RecoveryVaultSiloExtensions.MostCallsWaiting + TooMany)
            .Select(_ => stage.Vault.Vault.GetAsync())
            .ToList();
        // The first to be answered was turned away: all others wait.
        await Task.WhenAny(calls);
        over.SetResult();
        await Task.WhenAll(calls).ContinueWith(_ => { }, TaskScheduler.Default);

        await change;
        var turnedAway = calls.Where(call => call.IsFaulted).Select(call => call.Exception!.InnerException!).ToList();
        Assert.InRange(turnedAway.Count, 1, 2 * TooMany);
        Assert.All(turnedAway, e => Assert.True(LostClusterFilter.IsOverload(e), $"{e}"));
        Assert.Equal(ErrorCodes.ServerBusy, LostClusterFilter.Translate(turnedAway[0]).Code);
        Assert.NotNull(await stage.Vault.Vault.GetAsync());
    }
}
