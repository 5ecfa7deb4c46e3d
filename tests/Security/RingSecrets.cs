using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Security;

/// <summary>What an item's rings hold, opened by the keys that wrapped it: data keys, the item's own and one derived.</summary>
internal static class RingSecrets
{
    public static async Task<Dictionary<string, SecretForms>> ReadAsync(
        IBlobStore blobs,
        PlatformKeyring keyring,
        KeyVaultConnector keyVaults,
        ItemKey item,
        string name
    )
    {
        Dictionary<string, SecretForms> secrets = [];
        var wrapping = new KeyWrapping(keyVaults, keyring);
        var records = new AuthenticatedRecords(blobs, keyring);
        await foreach (var blob in blobs.ListAllAsync($"{ItemBlobs.Rings(item.ItemId)}/"))
        {
            var ring = await records.FindAsync(blob.Name, RecordType.Ring, RecordJson.Default.KeyRing);
            foreach (var epoch in ring?.Epochs ?? [])
            {
                var unwrapped = await wrapping.UnwrapAsync(item, epoch, "");
                using var dek = DataKey.Open(item.VaultId, item.ItemId, epoch.DekEpoch, unwrapped, epoch.Commitment);
                using var keys = dek.OpenItemIdKey(epoch.SealedItemIdKey);
                secrets[$"{name}: data key {epoch.DekEpoch}"] = new(dek.Secret.Span);
                secrets[$"{name}: item id key"] = new(keys.ItemIdKey.Span);
                secrets[$"{name}: chunker seed"] = new(keys.ChunkerSeed.Span);
            }
        }
        return secrets;
    }
}
