using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Tests.Cluster;

namespace RecoveryVault.Tests.Rotation;

/// <summary>What a key vault's refusal or silence does to the keys that a silo has in memory.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class RevocationTests(VaultCluster cluster)
{
    private async Task<RotationStage> CreateAsync(string item)
    {
        var stage = await RotationStage.CreateAsync(cluster);
        await stage.ProtectAsync(item);
        return stage;
    }

    private static async Task<string> CodeOfAsync(Func<Task> call) => (await Assert.ThrowsAsync<VaultException>(call)).Code;

    [Fact]
    public async Task Restore_KeyDeniedAndEnabledAgain_FailsAtOnceAfterTheFirstDenialAndHeals()
    {
        using var stage = await CreateAsync("a");
        await stage.BackUpAsync("a");
        await stage.RequireRestorableAsync("a");
        var v1 = await stage.CurrentAsync();
        await stage.EnableAsync(v1, false);

        // The backup hears of it; from then on nothing cached opens anything either.
        Assert.Equal(ErrorCodes.UserErrorCMKKeyDisabled, await CodeOfAsync(() => stage.BackUpAsync("a")));
        Assert.Equal(ErrorCodes.UserErrorCMKKeyDisabled, await CodeOfAsync(() => stage.RequireRestorableAsync("a")));

        await stage.EnableAsync(v1, true);
        await stage.RequireRestorableAsync("a");
    }

    [Fact]
    public async Task Restore_KeyVaultAway_GoesOnUntilTheCachedKeyIsTenMinutesOld()
    {
        using var stage = await CreateAsync("a");
        await stage.BackUpAsync("a");
        await stage.RequireRestorableAsync("a");
        cluster.KeyVaultTraffic.Fail(stage.Host, KeyVaultFault.Unreachable);

        await stage.RequireRestorableAsync("a");
        cluster.Time.Advance(DekCache.TimeToLive);
        Assert.Equal(ErrorCodes.KeyVaultUnreachable, await CodeOfAsync(() => stage.RequireRestorableAsync("a")));

        cluster.KeyVaultTraffic.Heal(stage.Host);
        await stage.RequireRestorableAsync("a");
    }
}
