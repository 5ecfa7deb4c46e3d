using System.Text.Json;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Retention;

/// <summary>Which items follow a policy, read from storage and never from memory.</summary>
public sealed class PolicyUses(IBlobStore store, KeyCensus census)
{
    private const int Parallelism = 16;

    /// <summary>
    /// Names of the items that follow a policy, in order. An item whose record cannot be read may follow any: it stands there by its id.
    /// </summary>
    public async Task<IReadOnlyList<string>> FindAsync(
        VaultId vaultId,
        IEnumerable<ItemId> roster,
        string policy,
        CancellationToken cancellation = default
    )
    {
        var itemIds = await census.ListItemsAsync(vaultId, roster, cancellation);
        var names = new string?[itemIds.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, itemIds.Count),
            new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellation },
            async (index, cancel) => names[index] = await NameIfFollowsAsync(new ItemKey(vaultId, itemIds[index]), policy, cancel)
        );
        return [.. names.OfType<string>().Order(StringComparer.OrdinalIgnoreCase)];
    }

    private async Task<string?> NameIfFollowsAsync(ItemKey key, string policy, CancellationToken cancellation)
    {
        try
        {
            if (await store.GetAsync(GrainRecords.ItemBlob(key), cancellation) is not { Content.IsEmpty: false } blob)
                return null;
            var settings = RecordJson.Read(blob.Content.Span, RecordJson.Default.ItemRecord)?.Settings;
            return string.Equals(settings?.Policy, policy, StringComparison.OrdinalIgnoreCase) ? settings?.Name : null;
        }
        catch (Exception e) when (e is JsonException or BlobStoreException { Error: BlobError.Damaged })
        {
            return key.ItemId.ToString();
        }
    }
}
