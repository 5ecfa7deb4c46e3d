using RecoveryVault.Items;
using RecoveryVault.Retention;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Rebuild;

/// <summary>A store with something of everything in it, made through the grains.</summary>
internal sealed class DrillPlace : IDisposable
{
    private readonly List<KeyedItem> _items = [];

    public KeyedItem Followed => _items[1];

    public KeyedItem Pinned => _items[2];

    public KeyedItem Platform => _items[3];

    public IEnumerable<KeyedItem> Live => _items.Skip(1);

    public KeyedItem Shredded => _items[0];

    public static async Task<DrillPlace> CreateAsync(VaultCluster cluster)
    {
        var place = new DrillPlace();
        place._items.Add(await ShreddedAsync(cluster));
        place._items.Add(await FollowedAsync(cluster));
        place._items.Add(await PinnedAsync(cluster));
        place._items.Add(await PlatformAsync(cluster));
        place._items.Add(await WaitingAsync(cluster, isApproved: false));
        place._items.Add(await WaitingAsync(cluster, isApproved: true));
        var deleted = await VaultStage.CreateAsync(cluster, isReady: false);
        await deleted.Vault.Vault.DeleteAsync(new DeleteVault(Guid.NewGuid(), "not needed"));
        return place;
    }

    private static async Task<KeyedItem> ShreddedAsync(VaultCluster cluster)
    {
        var item = await KeyedItem.CreateAsync(cluster);
        await item.BackUpAsync();
        await item.EnableKeyAsync(false);
        await item.Stage.Vault.Vault.ShredAsync(new ShredVault(Guid.NewGuid(), "lost"));
        cluster.Time.Advance(TimeSpan.FromDays(16));
        await VaultStage.CodeOfAsync(() => item.Stage.AssignIdentityAsync());
        cluster.Time.Advance(TimeSpan.FromDays(1));
        Assert.True((await item.Stage.Vault.Vault.PurgeAsync(Guid.NewGuid())).Done);
        return item;
    }

    /// <summary>Follows its key through two rotations; policies that gave way, deletions, a stopped and a deleted item.</summary>
    private static async Task<KeyedItem> FollowedAsync(VaultCluster cluster)
    {
        var item = await KeyedItem.CreateAsync(cluster);
        var vault = item.Stage.Vault.Vault;
        for (var i = 0; i < 3; i++)
        {
            await item.BackUpAsync();
            cluster.Time.Advance(TimeSpan.FromHours(7));
            await item.Stage.KeyOwner.CreateKeyAsync("kek", new() { Kty = "RSA" });
            await VaultClient.SyncAsync(item.Stage.Vault);
        }
        await vault.CreatePolicyAsync(Policy("careful", last: 5, daily: 7));
        await vault.AssignPolicyAsync(new AssignPolicy(Guid.NewGuid(), "papers", "careful"));
        await vault.SetPolicyAsync(Policy("careful", last: 2, daily: 1));
        await vault.SetSoftDeleteAsync(new SetSoftDelete(Guid.NewGuid(), 30));
        await vault.SetSoftDeleteAsync(new SetSoftDelete(Guid.NewGuid(), 20));
        await vault.AddPrivateEndpointAsync(new ChangePrivateEndpoint(Guid.NewGuid(), "pe1"));
        var points = await item.Grain.ListRecoveryPointsAsync(new PageRequest());
        await item.Grain.DeleteRecoveryPointAsync(new DeleteRecoveryPoint(Guid.NewGuid(), points.Items[^1].Name, "a password"));
        foreach (var name in (string[])["gone", "stopped"])
        {
            // Items of one moment come back in any order.
            cluster.Time.Advance(TimeSpan.FromSeconds(1));
            await item.Stage.ProtectAsync(name);
        }
        await (await OpenAsync(item, "gone")).DeleteAsync(new DeleteItem(Guid.NewGuid(), "moved"));
        await (await OpenAsync(item, "stopped")).DisableAsync(new DisableProtection(Guid.NewGuid(), "for now"));
        return item;
    }

    private static async Task<IProtectedItemGrain> OpenAsync(KeyedItem item, string name) =>
        item.Stage.Cluster.Client.OpenItem(new ItemKey(item.Key.VaultId, await item.Stage.Vault.Vault.FindItemAsync(name)));

    public static ChangePolicy Policy(string name, int last, int daily) =>
        new()
        {
            OperationId = Guid.NewGuid(),
            Name = name,
            Last = last,
            Daily = daily,
        };

    private static async Task<KeyedItem> PinnedAsync(VaultCluster cluster)
    {
        var item = await KeyedItem.CreateAsync(cluster, isPinned: true, infrastructure: true);
        await item.BackUpAsync(new() { RetainUntil = cluster.Time.GetUtcNow().AddDays(300) });
        return item;
    }

    private static async Task<KeyedItem> PlatformAsync(VaultCluster cluster)
    {
        var item = await KeyedItem.CreateAsync(cluster, hasKey: false);
        await item.BackUpAsync();
        await item.BackUpAsync();
        await item.Stage.Vault.Vault.MoveAsync(new MoveVault(Guid.NewGuid(), "other", null, "33333333-3333-3333-3333-333333333333"));
        return item;
    }

    /// <summary>Deleted with everything in it: either it can be had back yet, or it waits for a second approval.</summary>
    private static async Task<KeyedItem> WaitingAsync(VaultCluster cluster, bool isApproved)
    {
        var item = await KeyedItem.CreateAsync(cluster);
        await item.BackUpAsync();
        if (!isApproved)
            await item.Stage.Vault.Vault.RequireSecondApprovalAsync(new RequireSecondApproval(Guid.NewGuid()));
        await item.EnableKeyAsync(false);
        await item.Stage.Vault.Vault.ShredAsync(new ShredVault(Guid.NewGuid(), "lost"));
        return item;
    }

    public void Dispose()
    {
        foreach (var item in _items)
            item.Dispose();
    }
}
