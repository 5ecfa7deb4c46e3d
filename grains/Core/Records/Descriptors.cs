using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Vaults;

namespace RecoveryVault.Records;

/// <summary>Settings of vaults and items outside their grains' records, so that losing every record loses no setting.</summary>
public sealed class Descriptors(AuthenticatedRecords records)
{
    public Task<RecordRef> WriteAsync(VaultId vaultId, long seq, VaultSettings settings) =>
        records.WriteAsync(
            $"descriptors/{vaultId}",
            seq,
            RecordType.Descriptor,
            new VaultDescriptor(vaultId, seq, settings),
            RecordJson.Default.VaultDescriptor
        );

    public Task<RecordRef> WriteAsync(ItemKey key, long seq, ItemSettings settings) =>
        records.WriteAsync(
            ItemBlobs.Descriptors(key.ItemId),
            seq,
            RecordType.Descriptor,
            new ItemDescriptor(key, seq, settings),
            RecordJson.Default.ItemDescriptor
        );
}

/// <summary>A vault's settings as written outside its record.</summary>
public sealed record VaultDescriptor(VaultId VaultId, long Seq, VaultSettings Settings);

/// <summary>An item's settings as written outside its record.</summary>
public sealed record ItemDescriptor(ItemKey Item, long Seq, ItemSettings Settings);
