using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Items;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Cluster;

/// <summary>Items whose records in the store were edited or lost, as their clients see it.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class ItemRecordsTests(VaultCluster cluster)
{
    [Fact]
    public async Task Item_RecordEdited_AnswersNothing()
    {
        using var item = await CreateAsync("item");
        var name = GrainRecords.ItemBlob(item.Key);
        var json = await cluster.Store.GetTextAsync(name) ?? "";
        await cluster.Store.PutTextAsync(name, json.Replace("\"here\"", "\"elsewhere\"", StringComparison.Ordinal), PutCondition.Always);
        await cluster.DeactivateAsync(IdOf(item));

        foreach (var call in new Func<Task>[] { item.Grain.GetAsync, item.ListAsync, item.BackUpAsync, () => item.RestoreAsync("x") })
            Assert.Equal(ErrorCodes.RecordTampered, await VaultStage.CodeOfAsync(call));

        await cluster.Store.PutTextAsync(name, json, PutCondition.Always);
        Assert.Equal(2, (await item.BackUpAsync()).Seq);
    }

    [Fact]
    public async Task Item_DescriptorLost_RestoresAndIsBackedUpAgainOnceItsSettingsAreWrittenAnew()
    {
        using var item = await CreateAsync("item");
        foreach (var descriptor in await cluster.Store.ListNamesAsync($"{ItemBlobs.Descriptors(item.Key.ItemId)}/"))
            await cluster.Store.DeleteAsync(descriptor);
        await cluster.DeactivateAsync(IdOf(item));

        Assert.Equal("content", (await item.RestoreAsync((await item.ListAsync())[0].Name))["f"]);
        var refusal = await Assert.ThrowsAsync<VaultException>(item.BackUpAsync);
        Assert.Equal(ErrorCodes.DataMissing, refusal.Code);
        Assert.Contains("protection enable", refusal.Recommendation, StringComparison.Ordinal);

        await item.Grain.DisableAsync(new DisableProtection(Guid.NewGuid(), "its settings are written anew"));
        await VaultClient.ProtectAsync(item.Vault, "item", VaultStage.Source with { Path = item.Source });
        Assert.Equal(2, (await item.BackUpAsync()).Seq);
    }

    [Fact]
    public async Task FindItem_NamesExchanged_IsTampered()
    {
        using var item = await CreateAsync("item");
        await VaultClient.ProtectAsync(item.Vault, "other", VaultStage.Source with { Path = item.Source });
        var (mine, its) = ($"names/items/{item.Key.VaultId}/item", $"names/items/{item.Key.VaultId}/other");
        var claim = await cluster.Store.GetTextAsync(its) ?? "";
        await StoredDamage.ReplaceAsync(
            cluster.Store,
            mine,
            BlobContent.Of(claim.Replace("other", "item", StringComparison.Ordinal)).First
        );

        Assert.Equal(ErrorCodes.RecordTampered, await VaultStage.CodeOfAsync(() => item.Vault.Vault.FindItemAsync("item")));
        Assert.NotEqual(item.Key.ItemId, await item.Vault.Vault.FindItemAsync("other"));
    }

    private async Task<ClusterItem> CreateAsync(string name)
    {
        var item = await ClusterItem.CreateAsync(cluster, name);
        item.Write("f", "content");
        await item.BackUpAsync();
        return item;
    }

    private static GrainId IdOf(ClusterItem item) => GrainId.Create(GrainRecords.ItemType, item.Key.ToString());
}
