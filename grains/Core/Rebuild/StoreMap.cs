using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Rebuild;

/// <summary>Which vaults and items a store holds anything of.</summary>
internal sealed class StoreMap(IBlobStore store, AuthenticatedRecords records)
{
    private readonly SortedDictionary<string, HashSet<ItemId>> _vaults = new(StringComparer.Ordinal);
    private readonly List<string> _orphans = [];

    public IEnumerable<VaultId> Vaults => _vaults.Keys.Select(VaultId.Parse);

    /// <summary>Ids of items of which there are recovery points, and nothing authentic that says whose they are.</summary>
    public IReadOnlyList<string> Orphans => _orphans;

    public IReadOnlyCollection<ItemId> ItemsOf(VaultId vaultId) => _vaults[vaultId.ToString()];

    public async Task ReadAsync(CancellationToken cancellation)
    {
        HashSet<string> ids = [];
        foreach (var folder in (string[])["descriptors/", "rings/", "tombstones/", "heads/"])
            ids.UnionWith(await IdsInAsync(folder, cancellation));
        foreach (var id in ids)
            await PlaceAsync(id, cancellation);
        foreach (var id in await IdsInAsync("log/", cancellation))
            Add(VaultId.Parse(id));
        await foreach (var blob in store.ListAllAsync(GrainRecords.AllVaultBlobs, cancellation))
            if (GrainRecords.TryVaultOf(blob.Name, out var vaultId))
                Add(vaultId);
        await foreach (var blob in store.ListAllAsync(GrainRecords.AllItemBlobs, cancellation))
            if (GrainRecords.TryItemOf(blob.Name, out var key))
                Add(key);
    }

    private async Task<HashSet<string>> IdsInAsync(string folder, CancellationToken cancellation)
    {
        HashSet<string> ids = new(StringComparer.Ordinal);
        await foreach (var blob in store.ListAllAsync(folder, cancellation))
            if (blob.Name.Split('/') is [_, var id, _] && IsId(id))
                ids.Add(id);
        return ids;
    }

    private static bool IsId(string text) => text.Length == 32 && text.All(c => char.IsAsciiDigit(c) || c is >= 'a' and <= 'f');

    private HashSet<ItemId> Add(VaultId vaultId)
    {
        if (!_vaults.TryGetValue(vaultId.ToString(), out var items))
            _vaults[vaultId.ToString()] = items = [];
        return items;
    }

    private void Add(ItemKey key) => Add(key.VaultId).Add(key.ItemId);

    private async Task PlaceAsync(string id, CancellationToken cancellation)
    {
        var (vaultId, itemId) = (VaultId.Parse(id), ItemId.Parse(id));
        await foreach (var blob in store.ListAllAsync($"descriptors/{id}/", cancellation))
        {
            var vault = await records.FindSoundAsync(blob.Name, RecordType.Descriptor, RecordJson.Default.VaultDescriptor, cancellation);
            if (vault?.VaultId == vaultId)
            {
                Add(vaultId);
                return;
            }
            var item = await records.FindSoundAsync(blob.Name, RecordType.Descriptor, RecordJson.Default.ItemDescriptor, cancellation);
            if (item?.Item.ItemId == itemId)
            {
                Add(item.Item);
                return;
            }
        }
        var owner = await FindInRingsAsync(itemId, cancellation) ?? await FindInTombstonesAsync(itemId, cancellation);
        if (owner is { } key)
            Add(key);
        else if ((await store.ListAsync($"{ItemBlobs.Heads(itemId)}/", maxCount: 1, cancellation: cancellation)).Items.Count > 0)
            _orphans.Add(id);
    }

    private async Task<ItemKey?> FindInRingsAsync(ItemId itemId, CancellationToken cancellation)
    {
        await foreach (var blob in store.ListAllAsync($"{ItemBlobs.Rings(itemId)}/", cancellation))
            if (
                await records.FindSoundAsync(blob.Name, RecordType.Ring, RecordJson.Default.KeyRing, cancellation) is { } ring
                && ring.Item.ItemId == itemId
            )
                return ring.Item;
        return null;
    }

    private async Task<ItemKey?> FindInTombstonesAsync(ItemId itemId, CancellationToken cancellation)
    {
        await foreach (var blob in store.ListAllAsync($"{ItemBlobs.Tombstones(itemId)}/", cancellation))
            if (
                await records.FindSoundAsync(blob.Name, RecordType.Tombstone, RecordJson.Default.Deletions, cancellation) is { } deletions
                && deletions.Item.ItemId == itemId
            )
                return deletions.Item;
        return null;
    }
}
