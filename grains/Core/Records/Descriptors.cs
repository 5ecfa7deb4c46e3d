using System.Text.Json;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Vaults;

namespace RecoveryVault.Records;

/// <summary>Settings of vaults and items outside their grains' records, so that losing every record loses no setting.</summary>
public sealed class Descriptors(AuthenticatedRecords records)
{
    public Task<RecordRef> WriteAsync(VaultId vaultId, long seq, VaultSettings settings) =>
        records.WriteAsync(
            Folder(vaultId),
            seq,
            RecordType.Descriptor,
            new VaultDescriptor(vaultId, seq, settings),
            RecordJson.Default.VaultDescriptor
        );

    /// <summary>
    /// Finds out whether a vault's record, which carries no MAC of its own, says what the authentic descriptor it names says.
    /// </summary>
    /// <exception cref="VaultException">RecordTampered, DataMissing, DataBitRot, DataTooNew, WrongPlatformKey.</exception>
    public async Task VerifyAsync(VaultId vaultId, VaultRecord record)
    {
        var json = RecordJson.Default.VaultDescriptor;
        var authentic = record.Descriptor is { } named ? await records.ReadAsync(named, RecordType.Descriptor, json) : null;
        var claimed = new VaultDescriptor(vaultId, authentic?.Seq ?? 0, record.Settings);
        if (record.VaultId != vaultId || JsonSerializer.Serialize(claimed, json) != JsonSerializer.Serialize(authentic, json!))
            throw new VaultException(
                ErrorCodes.RecordTampered,
                $"The record of vault {vaultId} does not say what its authenticated descriptor says."
            );
        var next = (authentic?.Seq ?? 0) + 1;
        if (await records.IsLaterThereAsync(Folder(vaultId), next, RecordType.Descriptor, json, (d, seq) => IsInPlace(vaultId, d, seq)))
            throw new VaultException(ErrorCodes.RecordTampered, $"The record of vault {vaultId} is an older one that was brought back.");
    }

    private static string Folder(VaultId vaultId) => $"descriptors/{vaultId}";

    private static bool IsInPlace(VaultId vaultId, VaultDescriptor descriptor, long seq) =>
        descriptor.VaultId == vaultId && descriptor.Seq == seq;

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
