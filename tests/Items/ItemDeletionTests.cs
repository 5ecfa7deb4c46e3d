using RecoveryVault.Backups;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Reclaim;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Items;

/// <summary>A whole item deleted, had back, purged, and its vault deleted after it.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class ItemDeletionTests(VaultCluster cluster)
{
    private async Task<ClusterItem> PrepareAsync(DateTimeOffset? retainFirst = null)
    {
        var item = await ClusterItem.CreateAsync(cluster);
        for (var i = 0; i < 3; i++)
        {
            item.Write("file", $"content {i}");
            await cluster.Client.BackUpAsync(item.Grain, new BackupOptions { RetainUntil = i == 0 ? retainFirst : null });
        }
        return item;
    }

    private static Task<ItemSummary> DeleteAsync(ClusterItem item, string reason = "") =>
        item.Grain.DeleteAsync(new DeleteItem(Guid.NewGuid(), reason));

    private static Task<ItemSummary> UndeleteAsync(ClusterItem item) => item.Grain.UndeleteAsync(new UndeleteItem(Guid.NewGuid()));

    private static Task DeleteVaultAsync(ClusterItem item) => item.Vault.Vault.DeleteAsync(new DeleteVault(Guid.NewGuid(), ""));

    private static Task<VaultException> RefusedAsync(string code, Func<Task> call) => BackupSessionTests.RefusedAsync(code, call);

    [Fact]
    public async Task Delete_PointPromisedOrBackupUnderWay_IsRefusedLoggedAndChangesNothing()
    {
        using var item = await PrepareAsync(retainFirst: cluster.Time.GetUtcNow().AddDays(1));
        await RefusedAsync(ErrorCodes.RecoveryPointRetained, () => DeleteAsync(item));
        cluster.Time.Advance(TimeSpan.FromDays(2));
        var backup = await item.Grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid()));
        await RefusedAsync(ErrorCodes.BackupInProgress, () => DeleteAsync(item));
        await RefusedAsync(ErrorCodes.InvalidRequest, () => DeleteAsync(item, "line\nbreak"));
        await item.Grain.AbandonBackupAsync(new AbandonBackup(backup.Session!.SessionId, null));

        var shown = await item.Grain.GetAsync();
        Assert.Equal((ProtectionState.Protected, 3, 0), (shown.State, shown.RecoveryPointCount, shown.SoftDeletedCount));
        Assert.Equal(["Failed", "Failed", "Failed"], (await item.LogAsync("DeleteItem")).Select(e => e.Status));
    }

    [Fact]
    public async Task Deleted_Item_IsRefusedEverythingAndComesBackWithAllThatWentWithIt()
    {
        using var item = await PrepareAsync();
        var points = await item.ListAsync();
        await item.DeleteAsync(points[2].Name);

        var deleted = await DeleteAsync(item, "moved");
        var again = await DeleteAsync(item);

        Assert.Equal((ProtectionState.SoftDeleted, 0, 3), (deleted.State, deleted.RecoveryPointCount, deleted.SoftDeletedCount));
        Assert.Equal((deleted.State, deleted.SoftDeletedCount), (again.State, again.SoftDeletedCount));
        Assert.All(await item.ListAsync(), p => Assert.Equal(cluster.Time.GetUtcNow().AddDays(14), p.Expires));
        await RefusedAsync(ErrorCodes.ProtectionStopped, item.BackUpAsync);
        await RefusedAsync(ErrorCodes.RecoveryPointSoftDeleted, () => item.RestoreAsync(points[0].Name));
        await RefusedAsync(ErrorCodes.ItemSoftDeleted, () => item.UndeleteAsync(points[0].Name));
        await RefusedAsync(ErrorCodes.ItemSoftDeleted, () => VaultClient.ProtectAsync(item.Vault, "item", deleted.Source));
        await RefusedAsync(ErrorCodes.VaultHasDeletedItems, () => DeleteVaultAsync(item));

        var back = await UndeleteAsync(item);

        Assert.Equal((ProtectionState.ProtectionStopped, 2, 1), (back.State, back.RecoveryPointCount, back.SoftDeletedCount));
        Assert.Equal("content 2", (await item.RestoreAsync(points[0].Name))["file"]);
        Assert.Equal(["Succeeded"], (await item.LogAsync("DeleteItem")).Select(e => e.Status));
        Assert.Equal(["Succeeded"], (await item.LogAsync("UndeleteItem")).Select(e => e.Status));
        var jobs = (await item.Vault.Jobs.ListAsync(new JobQuery(JobStatus.Completed, JobOperations.Undelete, new PageRequest()))).Items;
        Assert.Single(jobs);
    }

    [Fact]
    public async Task Purged_Item_FreesItsSpace_AndItsVaultCanBeDeleted()
    {
        using var item = await PrepareAsync();
        await DeleteAsync(item);
        await PassAsync(item);

        var (_, outcome) = await VaultClient.ReclaimAsync(item.Grain, new ReclaimOptions());

        Assert.Equal(JobStatus.Completed, outcome.Status);
        Assert.Empty(await cluster.Store.ListNamesAsync(ItemBlobs.Packs(item.Key.ItemId) + "/"));
        Assert.Empty(await item.ListAsync());
        await DeleteVaultAsync(item);
        await RefusedAsync(ErrorCodes.VaultNotFound, () => item.Vault.Vault.GetAsync());
    }

    [Fact]
    public async Task Purged_Item_HadBack_IsProtectedAnew()
    {
        using var item = await PrepareAsync();
        await DeleteAsync(item);
        await PassAsync(item);
        await VaultClient.ReclaimAsync(item.Grain, new ReclaimOptions());

        Assert.Equal((ProtectionState.ProtectionStopped, 0), ((await UndeleteAsync(item)).State, (await item.ListAsync()).Count));
        await VaultClient.ProtectAsync(item.Vault, "item", (await item.Grain.GetAsync()).Source);
        item.Write("file", "anew");
        Assert.Equal("anew", (await item.RestoreAsync((await item.BackUpAsync()).Name))["file"]);
        await RefusedAsync(ErrorCodes.VaultNotEmpty, () => DeleteVaultAsync(item));
    }

    /// <summary>Nothing has to be read of an item that goes as a whole, so a key that is revoked or gone does not keep its space.</summary>
    [Fact]
    [Trait("Requirement", "R65")]
    public async Task Purge_OfAWholeItem_NeedsNoKey()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        await item.BackUpAsync();
        await item.Grain.DeleteAsync(new DeleteItem(Guid.NewGuid(), ""));
        await item.EnableKeyAsync(false);
        item.ForgetKeys();
        cluster.Time.Advance(TimeSpan.FromDays(16));
        await item.Stage.AssignIdentityAsync();
        await item.Stage.Vault.Vault.AddPrivateEndpointAsync(new ChangePrivateEndpoint(Guid.NewGuid(), "pe"));
        cluster.Time.Advance(TimeSpan.FromDays(1));
        var foreseen = (await VaultClient.ReclaimAsync(item.Grain, new ReclaimOptions { IsDryRun = true })).Outcome;

        var (_, outcome) = await VaultClient.ReclaimAsync(item.Grain, new ReclaimOptions());

        Assert.Equal((JobStatus.Completed, 1L), (outcome.Status, outcome.Purge?.Purged));
        Assert.Equal(foreseen.Report?.BytesDeleted, outcome.Report?.BytesDeleted);
        Assert.Empty(await item.StoredAsync());
        await item.Stage.Vault.Vault.DeleteAsync(new DeleteVault(Guid.NewGuid(), "empty"));
    }

    [Fact]
    public async Task Delete_ItemNeverBackedUp_IsDeletedAndItsVaultAfterIt()
    {
        using var item = await ClusterItem.CreateAsync(cluster);

        Assert.Equal(ProtectionState.SoftDeleted, (await DeleteAsync(item)).State);
        await DeleteVaultAsync(item);
    }

    /// <summary>The time to take deletions back passes, and the log proves it.</summary>
    private async Task PassAsync(ClusterItem item)
    {
        await item.Purging.PlanPurgeAsync();
        cluster.Time.Advance(TimeSpan.FromDays(16));
        await item.Vault.Vault.AssignIdentityAsync(new ChangeIdentity(Guid.NewGuid()));
        cluster.Time.Advance(TimeSpan.FromDays(1));
    }
}
