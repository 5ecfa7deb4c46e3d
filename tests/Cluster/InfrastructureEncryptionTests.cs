using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Reclaim;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Cluster;

/// <summary>R48 through the grains: the vault's choice decides how everything of its items is sealed.</summary>
[Collection(VaultClusterCollection.Name)]
[Trait("Requirement", "R48")]
public sealed class InfrastructureEncryptionTests(VaultCluster cluster)
{
    private static Task<string?> CodeOfAsync(KeyedItem item, bool wanted) =>
        VaultStage.CodeOfAsync(() =>
            item.Stage.Vault.Vault.UpdateEncryptionAsync(item.Stage.Update() with { InfrastructureEncryption = wanted })
        );

    private async Task<HashSet<ObjectSuite>> SuitesAsync(KeyedItem item)
    {
        HashSet<ObjectSuite> suites = [];
        foreach (var folder in (string[])["packs/", "index/", "manifests/"])
        foreach (var name in await cluster.Store.ListNamesAsync($"{folder}{item.Key.ItemId}/"))
            suites.Add(ObjectHeader.Read((await cluster.Store.GetAsync(name))!.Content.Span).Suite);
        return suites;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OtherValue_IsRefusedAndLogged_AndChangesNothing(bool chosen)
    {
        using var item = await KeyedItem.CreateAsync(cluster, infrastructure: chosen);
        var before = await item.Stage.Vault.Vault.GetEncryptionAsync();

        Assert.Equal(ErrorCodes.UserErrorInfrastructureEncryptionImmutable, await CodeOfAsync(item, !chosen));

        Assert.Equal(before, await item.Stage.Vault.Vault.GetEncryptionAsync());
        Assert.Contains(await item.Stage.LogAsync(), e => e.Details.Values.Contains(ErrorCodes.UserErrorInfrastructureEncryptionImmutable));
        Assert.Null(await CodeOfAsync(item, chosen));
        Assert.Equal(chosen ? "Enabled" : "Disabled", (await item.Stage.Vault.Vault.GetEncryptionAsync()).InfrastructureEncryptionState);
    }

    /// <summary>A silo that has not heard of the new platform key could not read what others write.</summary>
    [Fact]
    public async Task PlatformKey_WithTwoSilos_IsNotRotated()
    {
        Assert.Equal(ErrorCodes.OtherSilosActive, await VaultStage.CodeOfAsync(() => cluster.Client.RotatePlatformKeyAsync()));
        Assert.Equal(1u, cluster.Keyring.CurrentId);
    }

    [Theory]
    [InlineData(true, ObjectSuite.Infrastructure)]
    [InlineData(null, ObjectSuite.OneLayer)]
    public async Task Choice_DecidesTheSuiteOfEverything_AlsoAfterARotation(bool? chosen, ObjectSuite suite)
    {
        using var item = await KeyedItem.CreateAsync(cluster, infrastructure: chosen);
        await item.BackUpAsync();
        await item.Stage.KeyOwner.CreateKeyAsync("kek", new() { Kty = "RSA" });
        await VaultClient.SyncAsync(item.Stage.Vault);
        item.ForgetKeys();
        await item.BackUpAsync();

        await item.RestoreAsync();
        Assert.Equal([suite], await SuitesAsync(item));
        await cluster.Client.ReclaimAsync(new ReclaimOptions());
        await item.RestoreAsync();
    }
}
