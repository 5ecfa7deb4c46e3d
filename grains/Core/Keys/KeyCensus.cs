using System.Text.Json;
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
    public async Task<IReadOnlyList<ItemKeyUse>> TakeAsync(
        VaultId vaultId,
        IEnumerable<ItemId> roster,
        CancellationToken cancellation = default
    )
    {
        List<ItemKeyUse> uses = [];
        foreach (var itemId in roster)
            uses.Add(await TakeAsync(new ItemKey(vaultId, itemId), cancellation));
        return uses;
    }

    private async Task<ItemKeyUse> TakeAsync(ItemKey key, CancellationToken cancellation)
    {
        var blob = await store.GetAsync(GrainRecords.ItemBlob(key), cancellation);
        var record = blob is null ? null : JsonSerializer.Deserialize(blob.Content.Span, RecordJson.Default.ItemRecord);
        HashSet<string> keyIds = [];
        string? position = null;
        do
        {
            var page = await store.ListAsync($"{ItemBlobs.Rings(key.ItemId)}/", position, cancellation: cancellation);
            foreach (var item in page.Items)
            {
                // Deleted between listing and reading: it needs nothing any more.
                if (await records.FindAsync(item.Name, RecordType.Ring, RecordJson.Default.KeyRing, cancellation) is not { } ring)
                    continue;
                keyIds.UnionWith(ring.Epochs.Select(e => e.KeyId));
            }
            position = page.Next;
        } while (position is not null);
        return new ItemKeyUse(key.ItemId, record?.Settings?.Name ?? key.ItemId.ToString(), record?.KeyGeneration, keyIds);
    }
}

/// <summary>What one item needs.</summary>
/// <param name="Generation">The generation its record stands at; null when the record is still to be created.</param>
/// <param name="KeyIds">Full ids of every key version that wraps something of it.</param>
public sealed record ItemKeyUse(ItemId ItemId, string Name, long? Generation, IReadOnlySet<string> KeyIds);
