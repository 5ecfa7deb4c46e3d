using RecoveryVault.Activity;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Cluster;

/// <summary>The end of a vault's log is taken away in storage, by somebody who knows what else says how long it was.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class CutLogTests(VaultCluster cluster)
{
    private static async Task<ActivityCheck> VerifyAsync(VaultStage stage)
    {
        // A silo that goes on remembers the end by itself.
        await stage.Cluster.RestartAsync(stage.Vault.VaultId);
        return await stage.Vault.Activity.VerifyAsync(1);
    }

    private async Task CutAsync(string prefix, int keep)
    {
        foreach (var name in (await cluster.Store.ListNamesAsync(prefix)).Skip(keep))
            await cluster.Store.DeleteAsync(name);
    }

    [Fact]
    public async Task Verify_LogOfAVaultAtWork_AgreesWithCheckpointsSettingsAndRecoveryPoints()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        await item.BackUpAsync();
        await item.BackUpAsync();

        var check = await VerifyAsync(item.Stage);

        Assert.Null(check.Fault);
        // Two checkpoints, of the first entry and of the key's; the newest settings and the newest recovery point.
        Assert.Equal((2, 2), (check.Checkpoints, check.Marks));
    }

    [Fact]
    public async Task Verify_EntryOfAKeyChangeCutOff_ItsCheckpointTells()
    {
        var stage = await VaultStage.CreateAsync(cluster);
        await stage.AssignKeyAsync();
        var count = (await stage.LogAsync()).Count;
        await cluster.Store.DeleteAsync($"log/{stage.Vault.VaultId}/{count:x16}");

        var check = await VerifyAsync(stage);

        Assert.Equal(count, check.FaultSeq);
        Assert.Contains($"states entry {count}, but the log ends before it", check.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_EndCutOffWithItsCheckpoints_TheNewestRecoveryPointTells()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        await item.BackUpAsync();
        var second = await item.BackUpAsync();
        await CutAsync($"log/{item.Key.VaultId}/", keep: 2);
        await CutAsync($"checkpoints/{item.Key.VaultId}/", keep: 1);

        var check = await VerifyAsync(item.Stage);

        Assert.Equal(3, check.FaultSeq);
        Assert.Matches("The log ends here, but .* was written when it had . entries", check.Fault);
        await CutAsync($"descriptors/{item.Key.VaultId}/", keep: 0);
        Assert.Contains(
            $"recovery point {second.Outcome.RecoveryPoint.Name} was",
            (await VerifyAsync(item.Stage)).Fault,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Append_CheckpointCannotBeWritten_ChangesGoOnAndItFollowsLater()
    {
        var stage = await VaultStage.CreateAsync(cluster, isReady: false);
        var folder = $"checkpoints/{stage.Vault.VaultId}";
        cluster.Time.Advance(LogCheckpoint.MaxAge);
        cluster.Store.Inject(new Fault.Fail(), BlobCalls.Put, names: name => name.StartsWith(folder, StringComparison.Ordinal));

        await stage.Vault.Vault.MoveAsync(new(Guid.NewGuid(), "first", null));
        Assert.Equal((2, 1), await CountAsync(stage));
        await stage.Vault.Vault.MoveAsync(new(Guid.NewGuid(), "second", null));

        Assert.Equal((3, 2), await CountAsync(stage));
    }

    private static async Task<(int Entries, int Checkpoints)> CountAsync(VaultStage stage)
    {
        var check = await VerifyAsync(stage);
        Assert.Null(check.Fault);
        return (check.Checked, check.Checkpoints);
    }
}
