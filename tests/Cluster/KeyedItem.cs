using RecoveryVault.Backups;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.Restores;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Cluster;

/// <summary>An item of a fresh vault that has a key vault, and as a rule a key, of its own; with a file to back up.</summary>
internal sealed class KeyedItem : IDisposable
{
    public static readonly string[] AllPermissions = ["get", "list", "wrapKey", "unwrapKey"];

    private readonly ScratchDirectory _scratch = new();

    private KeyedItem(VaultStage stage, ItemKey key) => (Stage, Key) = (stage, key);

    public VaultStage Stage { get; }

    public ItemKey Key { get; }

    public IProtectedItemGrain Grain => Stage.Cluster.Client.OpenItem(Key);

    public static async Task<KeyedItem> CreateAsync(
        VaultCluster cluster,
        bool hasKey = true,
        bool isPinned = false,
        bool? infrastructure = null
    )
    {
        var stage = await VaultStage.CreateAsync(cluster, isReady: hasKey);
        if (hasKey)
        {
            var uri = isPinned ? (await stage.KeyOwner.ListVersionsAsync("kek"))[^1].Id.ToString() : null;
            await stage.Vault.Vault.UpdateEncryptionAsync(stage.Update(uri) with { InfrastructureEncryption = infrastructure });
        }
        var item = new KeyedItem(stage, new(stage.Vault.VaultId, await stage.ProtectAsync("papers")));
        Directory.CreateDirectory(item._scratch["source"]);
        await File.WriteAllTextAsync(item._scratch["source/file"], "Dear Anna");
        return item;
    }

    public Task<BackupReport> BackUpAsync() => BackUpAsync(new BackupOptions());

    public Task<BackupReport> BackUpAsync(BackupOptions options) =>
        Stage.Cluster.Client.BackUpAsync(Grain, options with { SourcePath = _scratch["source"] });

    /// <summary>Restores the newest recovery point, compares, and says where the file is.</summary>
    public async Task<string> RestoreAsync()
    {
        var target = _scratch[$"restored-{Guid.NewGuid():n}"];
        await Stage.Cluster.Client.RestoreAsync(Grain, new RestoreOptions { Target = target });
        Assert.Equal("Dear Anna", await File.ReadAllTextAsync(Path.Join(target, "file")));
        return Path.Join(target, "file");
    }

    /// <summary>Enables or disables every version of the key that there is.</summary>
    public async Task EnableKeyAsync(bool enabled)
    {
        foreach (var version in await Stage.KeyOwner.ListVersionsAsync("kek"))
            await Stage.KeyOwner.UpdateKeyAsync("kek", version.Id.Version, new KeyUpdate { Enabled = enabled });
    }

    /// <summary>Lets what silos have unwrapped grow too old to be used.</summary>
    public void ForgetKeys() => Stage.Cluster.Time.Advance(DekCache.TimeToLive);

    /// <summary>Everything of the item that a backup made.</summary>
    public async Task<IReadOnlyList<string>> StoredAsync()
    {
        List<string> names = [];
        foreach (var folder in (string[])[ItemBlobs.Packs(Key.ItemId), $"manifests/{Key.ItemId}"])
            names.AddRange(await Stage.Cluster.Store.ListNamesAsync(folder + "/"));
        return names;
    }

    public void Dispose() => _scratch.Dispose();
}
