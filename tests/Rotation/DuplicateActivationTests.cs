using RecoveryVault.Errors;
using RecoveryVault.Tests.Cluster;

namespace RecoveryVault.Tests.Rotation;

/// <summary>Two clusters that know nothing of each other rotate one vault at the same time, again and again.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class DuplicateActivationTests(VaultCluster cluster)
{
    [Fact]
    public async Task Rotation_TwoActivationsOfEverything_EndAsOne()
    {
        await using var twin = await cluster.DeployTwinAsync();
        using var stage = await RotationStage.CreateAsync(cluster);
        foreach (var name in (string[])["a", "b", "c"])
            await stage.ProtectAsync(name);
        await stage.BackUpAsync("a");
        var other = cluster.ClientOf(twin).Open(stage.Vault.VaultId);
        for (var round = 0; round < 4; round++)
        {
            var v1 = await stage.CurrentAsync();
            var v2 = await stage.NewVersionAsync();

            await Task.WhenAll(Enumerable.Range(0, 4).Select(i => UntilDoneAsync(i % 2 == 0 ? stage.Vault : other)));

            Assert.Equal(v2, await stage.CurrentAsync());
            Assert.True((await stage.UseOfAsync(v1)).SafeToDisable);
            Assert.Equal(v2.Version, (await other.Vault.ListKeyVersionsAsync())[^1].KeyVersion);
            await stage.EnableAsync(v1, false);
            await stage.RequireRestorableAsync("a");
            foreach (var name in (string[])["a", "b", "c"])
                Assert.Single(await stage.RingsOfAsync(name));
        }
    }

    /// <summary>As a user does who is told that somebody else was faster.</summary>
    private static async Task UntilDoneAsync(NamedVault vault)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await VaultClient.SyncAsync(vault);
                return;
            }
            catch (VaultException e) when (e.Code is ErrorCodes.ConcurrentChange or ErrorCodes.RotationBlocked && attempt < 10) { }
        }
    }
}
