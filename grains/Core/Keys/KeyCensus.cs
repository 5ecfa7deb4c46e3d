using System.Collections.Concurrent;
using System.Text.Json;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Keys;

/// <summary>
/// Which key versions the stored rings of a vault's items need, read from storage and never from memory. Every ring found counts, also one
/// that a crash left behind: a version is safe to disable only when nothing stored is wrapped by it.
/// </summary>
public sealed class KeyCensus(IBlobStore store, AuthenticatedRecords records)
{
    private const int Parallelism = 16;

    /// <summary>The items of the roster in its order, then those that only storage knows.</summary>
    public async Task<IReadOnlyList<ItemKeyUse>> TakeAsync(
        VaultId vaultId,
        IEnumerable<ItemId> roster,
        CancellationToken cancellation = default
    )
    {
        var itemIds = await ListItemsAsync(vaultId, roster, cancellation);
        ConcurrentDictionary<ItemId, ItemKeyUse> uses = [];
        await Parallel.ForEachAsync(
            itemIds,
            new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellation },
            async (itemId, cancel) => uses[itemId] = await TakeAsync(new ItemKey(vaultId, itemId), cancel)
        );
        return [.. itemIds.Select(itemId => uses[itemId])];
    }

    /// <summary>Every item there is: those of the roster, and those whose record lies in storage all the same.</summary>
    public async Task<IReadOnlyList<ItemId>> ListItemsAsync(
        VaultId vaultId,
        IEnumerable<ItemId> roster,
        CancellationToken cancellation = default
    )
    {
        var itemIds = roster.ToList();
        var known = itemIds.ToHashSet();
        await foreach (var blob in store.ListAllAsync(GrainRecords.ItemBlobs(vaultId), cancellation))
        {
            if (GrainRecords.TryItemOf(blob.Name, out var key) && key.VaultId == vaultId && known.Add(key.ItemId))
                itemIds.Add(key.ItemId);
        }
        return itemIds;
    }

    private async Task<ItemKeyUse> TakeAsync(ItemKey key, CancellationToken cancellation)
    {
        var record = await FindRecordAsync(key, cancellation);
        HashSet<string> keyIds = [];
        var unreadable = 0;
        await foreach (var blob in store.ListAllAsync($"{ItemBlobs.Rings(key.ItemId)}/", cancellation))
        {
            try
            {
                // Deleted between listing and reading: it needs nothing any more.
                if (await records.FindAsync(blob.Name, RecordType.Ring, RecordJson.Default.KeyRing, cancellation) is { } ring)
                    keyIds.UnionWith(ring.Epochs.Select(e => e.KeyId));
            }
            catch (Exception e) when (e is VaultException or BlobStoreException { Error: BlobError.Damaged })
            {
                unreadable++;
            }
        }
        return new ItemKeyUse(key.ItemId, record?.Settings?.Name ?? key.ItemId.ToString(), record?.KeyGeneration, keyIds, unreadable);
    }

    /// <summary>A record that cannot be read stands for no generation: its item keeps every pass open.</summary>
    private async Task<ItemRecord?> FindRecordAsync(ItemKey key, CancellationToken cancellation)
    {
        try
        {
            return await store.GetAsync(GrainRecords.ItemBlob(key), cancellation) is { Content.IsEmpty: false } blob
                ? RecordJson.Read(blob.Content.Span, RecordJson.Default.ItemRecord)
                : null;
        }
        catch (Exception e) when (e is JsonException or BlobStoreException { Error: BlobError.Damaged })
        {
            return null;
        }
    }
}

/// <summary>What one item needs.</summary>
/// <param name="Generation">The generation its record stands at; null when the record is still to be created.</param>
/// <param name="KeyIds">Full ids of every key version that wraps something of it.</param>
/// <param name="UnreadableRings">Rings that are damaged or forged: which version they need nobody can say, so they may need any.</param>
public sealed record ItemKeyUse(ItemId ItemId, string Name, long? Generation, IReadOnlySet<string> KeyIds, int UnreadableRings = 0)
{
    /// <summary>True when a pass towards a generation has left nothing to do here.</summary>
    public bool Has(KeyUse target) => Generation >= target.Generation && UnreadableRings == 0 && KeyIds.All(keyId => keyId == target.KeyId);
}
