using Microsoft.Extensions.DependencyInjection;
using RecoveryVault.Keys.Traffic;
using RecoveryVault.Rotation;
using RecoveryVault.Tests.Cluster;

namespace RecoveryVault.Tests.Rotation;

/// <summary>A vault whose turn it is not, because many rotate at once.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class PassTurnTests(VaultCluster cluster)
{
    [Fact]
    public async Task Tick_OthersHaveTheirTurn_TheVersionIsInForceAndThePassFollowsByItself()
    {
        using var stage = await RotationStage.CreateAsync(cluster);
        await stage.ProtectAsync("a");
        await stage.BackUpAsync("a");
        var (v1, v2) = (await stage.CurrentAsync(), await stage.NewVersionAsync());
        var others = await TakeAllAsync(stage.Host);
        cluster.Time.Advance(PollRules.Period);
        await stage.TickAsync(times: 1);

        // In force at once; what is not re-wrapped yet needs the old one, and a backup does not wait for anybody's turn.
        Assert.Equal(v2, await stage.CurrentAsync());
        Assert.Equal(["a"], (await stage.UseOfAsync(v1)).NeededBy);
        var behind = stage.TickAsync(times: 1);
        await stage.UntilAsync(() =>
        {
            cluster.Time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(behind.IsCompleted);
        });
        Assert.Equal(["a"], (await stage.UseOfAsync(v1)).NeededBy);
        others.ForEach(turn => turn.Dispose());

        for (var seconds = 0; seconds < 60 && !(await stage.UseOfAsync(v1)).SafeToDisable; seconds++)
            cluster.Time.Advance(TimeSpan.FromSeconds(1));
        await stage.UntilAsync(async () => (await stage.UseOfAsync(v1)).SafeToDisable);
        await stage.UntilAsync(async () => (await stage.Vault.Vault.GetEncryptionAsync()).PreviousKeyVersion is null);
        await stage.RequireRestorableAsync("a");
    }

    private async Task<List<IDisposable>> TakeAllAsync(string host)
    {
        List<IDisposable> taken = [];
        foreach (var silo in cluster.Cluster.GetActiveSilos())
        {
            var turns = silo.ServiceProvider.GetRequiredService<PassTurns>();
            for (var i = 0; i < PassTurns.AtOnce; i++)
                taken.Add(await turns.TryTakeAsync(host) ?? throw new InvalidOperationException("Somebody else rotates here."));
        }
        return taken;
    }
}
