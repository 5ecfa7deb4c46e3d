using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Rebuild;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Rebuild;

/// <summary>Whoever can write to the store takes grains' records away, and more, to get a weaker state back: he gets none.</summary>
[Collection(RebuildCollection.Name)]
public sealed class RebuildAttackTests(VaultCluster cluster)
{
    private readonly RebuildStage _stage = new(cluster);

    private static bool IsOf(KeyedItem item, string name) =>
        name.Contains(item.Key.VaultId.ToString(), StringComparison.Ordinal)
        || name.Contains(item.Key.ItemId.ToString(), StringComparison.Ordinal);

    private async Task LoseStateAsync(KeyedItem item) =>
        await _stage.LoseAsync(name => RebuildStage.IsGrainState(name) && IsOf(item, name));

    private async Task<List<string>> NamesAsync(string folder) =>
        [.. (await cluster.Beneath.ListNamesAsync(folder + "/")).Order(StringComparer.Ordinal)];

    private async Task DeleteNewestAsync(string folder)
    {
        var names = await NamesAsync(folder);
        var last = AuthenticatedRecords.SequenceOf(names[^1]);
        foreach (var name in names.Where(n => AuthenticatedRecords.SequenceOf(n) == last))
            await cluster.Beneath.DeleteAsync(name);
    }

    private async Task<(RebuiltVault Vault, RebuiltItem Item)> RebuildAsync(KeyedItem item, bool acceptsLoss = false)
    {
        var report = await _stage.RebuildAsync(acceptsLoss: acceptsLoss);
        var vault = report.Vaults.Single(v => v.VaultId == item.Key.VaultId);
        return (vault, vault.Items.Single(i => i.Key == item.Key));
    }

    [Fact]
    public async Task VaultDescriptor_NewestGone_IsRefused_AndWithLossAcceptedTheStrictestThereIs()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        await item.BackUpAsync();
        await item.Stage.Vault.Vault.CreatePolicyAsync(DrillPlace.Policy("p", last: 1, daily: 0));
        await item.Stage.Vault.Vault.SetSoftDeleteAsync(new SetSoftDelete(Guid.NewGuid(), 90));
        await LoseStateAsync(item);
        await DeleteNewestAsync($"descriptors/{item.Key.VaultId}");

        var (vault, kept) = await RebuildAsync(item);
        Assert.Equal((RebuildStatus.Refused, ErrorCodes.DataMissing), (vault.Status, vault.Problems[0].Code));
        Assert.Null(await cluster.Beneath.GetAsync($"{GrainRecords.AllVaultBlobs}{item.Key.VaultId}.json"));
        Assert.Equal(RebuildStatus.Rebuilt, kept.Status);

        (vault, _) = await RebuildAsync(item, acceptsLoss: true);
        var shown = await item.Stage.Vault.Vault.GetAsync();
        Assert.Equal((RebuildStatus.Rebuilt, 180, true), (vault.Status, shown.SoftDelete.Days, shown.SecondApproval));
        Assert.Null((await item.Stage.Vault.Vault.ListPoliciesAsync())[0].Former!.Rules);
        Assert.NotNull(shown.ProtectionAttemptedAt);
        await item.RestoreAsync();
    }

    [Fact]
    public async Task VaultDescriptors_AllButTheFirstGone_GiveNoPlatformKeysBack()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        await item.BackUpAsync();
        await LoseStateAsync(item);
        foreach (var name in (await NamesAsync($"descriptors/{item.Key.VaultId}")).Skip(1))
            await cluster.Beneath.DeleteAsync(name);

        Assert.Equal(RebuildStatus.Refused, (await RebuildAsync(item)).Vault.Status);
        await RebuildAsync(item, acceptsLoss: true);
        Assert.Equal("CustomerManaged", (await item.Stage.Vault.Vault.GetEncryptionAsync()).EncryptionAtRestType);
    }

    [Fact]
    public async Task Head_NewestGone_IsRefused_NeverTheOlderOneAsNewest()
    {
        using var item = await KeyedItem.CreateAsync(cluster, hasKey: false);
        await item.BackUpAsync();
        await item.BackUpAsync();
        await LoseStateAsync(item);
        await DeleteNewestAsync(ItemBlobs.Heads(item.Key.ItemId));

        var (_, refused) = await RebuildAsync(item);
        Assert.Equal((RebuildStatus.Refused, ErrorCodes.DataMissing), (refused.Status, refused.Problems[0].Code));
        Assert.Null(await cluster.Beneath.GetAsync(GrainRecords.ItemBlob(item.Key)));

        await RebuildAsync(item, acceptsLoss: true);
        Assert.Equal(ProtectionState.ProtectionStopped, (await item.Grain.GetAsync()).State);
        await item.RestoreAsync();
    }

    [Fact]
    public async Task Tombstones_Gone_BringNothingBackToLife()
    {
        using var item = await KeyedItem.CreateAsync(cluster, hasKey: false);
        var first = (await item.BackUpAsync()).Outcome.RecoveryPoint;
        await item.BackUpAsync();
        await item.Grain.DeleteRecoveryPointAsync(new DeleteRecoveryPoint(Guid.NewGuid(), first.Name, "a password"));
        await LoseStateAsync(item);
        await DeleteNewestAsync(ItemBlobs.Tombstones(item.Key.ItemId));

        Assert.Equal(RebuildStatus.Refused, (await RebuildAsync(item)).Item.Status);
        await RebuildAsync(item, acceptsLoss: true);
        var points = (await item.Grain.ListRecoveryPointsAsync(new PageRequest())).Items;
        Assert.Equal([RecoveryPointState.SoftDeleted, RecoveryPointState.SoftDeleted], points.Select(p => p.State));
        await item.Grain.UndeleteAsync(new UndeleteItem(Guid.NewGuid()));
        await item.RestoreAsync();
    }

    [Fact]
    public async Task ItemDescriptor_OfItsDeletionGone_DoesNotProtectItAgain()
    {
        using var item = await KeyedItem.CreateAsync(cluster, hasKey: false);
        await item.BackUpAsync();
        await item.Grain.DeleteAsync(new DeleteItem(Guid.NewGuid(), "moved"));
        await LoseStateAsync(item);
        await DeleteNewestAsync(ItemBlobs.Descriptors(item.Key.ItemId));

        Assert.Equal(RebuildStatus.Refused, (await RebuildAsync(item)).Item.Status);
        await RebuildAsync(item, acceptsLoss: true);
        Assert.Equal(ProtectionState.SoftDeleted, (await item.Grain.GetAsync()).State);
    }

    [Fact]
    public async Task Rings_Gone_IsRefusedWhateverIsAccepted_AndDescriptorsGone_AreNot()
    {
        using var item = await KeyedItem.CreateAsync(cluster, hasKey: false);
        await item.BackUpAsync();
        await LoseStateAsync(item);
        foreach (var name in await NamesAsync(ItemBlobs.Descriptors(item.Key.ItemId)))
            await cluster.Beneath.DeleteAsync(name);
        var rings = await _stage.LoseAsync(name => name.StartsWith(ItemBlobs.Rings(item.Key.ItemId), StringComparison.Ordinal));

        var report = await _stage.RebuildAsync(acceptsLoss: true);
        Assert.Contains(report.Problems, p => p.Message.Contains(item.Key.ItemId.ToString(), StringComparison.Ordinal));
        foreach (var (name, blob) in rings)
            await cluster.Beneath.PutAsync(name, new(blob.Content), PutCondition.Always);
        Assert.Equal(RebuildStatus.Refused, (await RebuildAsync(item)).Item.Status);
        var (_, strict) = await RebuildAsync(item, acceptsLoss: true);
        Assert.StartsWith("recovered-", strict.Name, StringComparison.Ordinal);
        Assert.Equal(item.Key.ItemId, await item.Stage.Vault.Vault.FindItemAsync(strict.Name));
        await item.RestoreAsync();
    }

    [Fact]
    public async Task Log_Cut_IsRefusedAndSaid()
    {
        using var item = await KeyedItem.CreateAsync(cluster, hasKey: false);
        await item.BackUpAsync();
        await item.BackUpAsync();
        await LoseStateAsync(item);
        foreach (var name in (await NamesAsync($"log/{item.Key.VaultId}")).TakeLast(2))
            await cluster.Beneath.DeleteAsync(name);

        var (vault, refused) = await RebuildAsync(item);
        Assert.Equal((RebuildStatus.Refused, ErrorCodes.RecordTampered), (vault.Status, vault.Problems[0].Code));
        Assert.Equal(RebuildStatus.Refused, refused.Status);
        Assert.Empty(await NamesAsync($"names/items/{item.Key.VaultId}"));
    }

    [Fact]
    public async Task Objects_ForgedOrMisplacedOrLeftBehind_AreIgnoredAndReported()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        using var other = await KeyedItem.CreateAsync(cluster, hasKey: false);
        await item.BackUpAsync();
        var before = await item.Stage.Vault.Vault.GetAsync();
        await LoseStateAsync(item);
        var folder = $"descriptors/{item.Key.VaultId}";
        var newest = (await NamesAsync(folder))[^1];
        var records = new AuthenticatedRecords(cluster.Beneath, cluster.Keyring);
        var weaker = (await records.FindAsync(newest, RecoveryVault.Format.RecordType.Descriptor, RecordJson.Default.VaultDescriptor))!;
        // A step that died before its commit left another one of the same number.
        await new Descriptors(records).WriteAsync(weaker with { Settings = weaker.Settings with { FirstAttempt = null } });
        var foreign = (await cluster.Beneath.GetAsync((await NamesAsync($"descriptors/{other.Key.VaultId}"))[0]))!;
        await cluster.Beneath.PutAsync($"{folder}/00000000000000ff-0000000000000000", new(foreign.Content), PutCondition.Always);
        await cluster.Beneath.PutTextAsync($"{folder}/0000000000000100-0000000000000000", "forged", PutCondition.Always);

        var (vault, _) = await RebuildAsync(item);

        Assert.Equal(RebuildStatus.Rebuilt, vault.Status);
        Assert.Equal(2, vault.Problems.Count(p => p.Message.EndsWith("It is ignored.", StringComparison.Ordinal)));
        Assert.Contains(vault.Problems, p => p.Code == ErrorCodes.ConcurrentChange);
        Assert.Equal(before.ProtectionAttemptedAt, (await item.Stage.Vault.Vault.GetAsync()).ProtectionAttemptedAt);
        await item.RestoreAsync();
    }

    [Fact]
    public async Task DeletedVault_LastDescriptorGone_StaysDeleted()
    {
        var deleted = await VaultStage.CreateAsync(cluster, isReady: false);
        await deleted.Vault.Vault.DeleteAsync(new DeleteVault(Guid.NewGuid(), ""));
        await _stage.LoseAsync(name => name == $"{GrainRecords.AllVaultBlobs}{deleted.Vault.VaultId}.json");
        await DeleteNewestAsync($"descriptors/{deleted.Vault.VaultId}");

        foreach (var accepts in (bool[])[false, true])
        {
            await _stage.RebuildAsync(acceptsLoss: accepts);
            Assert.Equal(ErrorCodes.VaultNotFound, await VaultStage.CodeOfAsync(deleted.Vault.Vault.GetAsync));
            Assert.Null(await cluster.Beneath.GetAsync($"names/vaults/{deleted.Name}"));
        }
    }
}
