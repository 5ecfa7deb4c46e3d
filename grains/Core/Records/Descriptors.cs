using System.Collections.Immutable;
using System.Text.Json;
using RecoveryVault.Activity;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Vaults;

namespace RecoveryVault.Records;

/// <summary>Settings of vaults and items outside their grains' records, so that losing every record loses no setting.</summary>
public sealed class Descriptors(AuthenticatedRecords records)
{
    /// <param name="log">Where the vault's log stands; null when that cannot be said.</param>
    public Task<RecordRef> WriteAsync(VaultId vaultId, long seq, VaultSettings settings, LogMark? log = null) =>
        WriteAsync(new VaultDescriptor(vaultId, seq, settings) { Log = log });

    public Task<RecordRef> WriteAsync(VaultDescriptor descriptor) =>
        records.WriteAsync(
            Folder(descriptor.VaultId),
            descriptor.Seq,
            RecordType.Descriptor,
            descriptor,
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
        // What else a descriptor says is not repeated in the record.
        var claimed = (authentic ?? new VaultDescriptor(vaultId, 0, record.Settings)) with
        {
            VaultId = vaultId,
            Settings = record.Settings,
        };
        if (record.VaultId != vaultId || JsonSerializer.Serialize(claimed, json) != JsonSerializer.Serialize(authentic, json!))
            throw new VaultException(
                ErrorCodes.RecordTampered,
                $"The record of vault {vaultId} does not say what its authenticated descriptor says."
            );
        var next = (authentic?.Seq ?? 0) + 1;
        if (await records.IsLaterThereAsync(Folder(vaultId), next, RecordType.Descriptor, json, (d, seq) => IsInPlace(vaultId, d, seq)))
            throw new VaultException(ErrorCodes.RecordTampered, $"The record of vault {vaultId} is an older one that was brought back.");
    }

    internal static string Folder(VaultId vaultId) => $"descriptors/{vaultId}";

    private static bool IsInPlace(VaultId vaultId, VaultDescriptor descriptor, long seq) =>
        descriptor.VaultId == vaultId && descriptor.Seq == seq;

    /// <param name="owed">What the item's record owes once it names this.</param>
    public Task<RecordRef> WriteAsync(ItemKey key, long seq, ItemSettings settings, ImmutableArray<OwedNote> owed = default) =>
        records.WriteAsync(
            ItemBlobs.Descriptors(key.ItemId),
            seq,
            RecordType.Descriptor,
            new ItemDescriptor(key, seq, settings) { Owed = owed.IsDefaultOrEmpty ? null : owed },
            RecordJson.Default.ItemDescriptor
        );
}

/// <summary>A vault's settings as written outside its record.</summary>
public sealed record VaultDescriptor(VaultId VaultId, long Seq, VaultSettings Settings) : Evolving
{
    /// <summary>Where the vault's log stood.</summary>
    public LogMark? Log { get; init; }

    /// <summary>What the record owes to log and jobs once it names this; null: nothing.</summary>
    public ImmutableArray<OwedNote>? Owed { get; init; }

    /// <summary>The newest operation the record remembers.</summary>
    public DoneOperation? Operation { get; init; }
}

/// <summary>An item's settings as written outside its record.</summary>
public sealed record ItemDescriptor(ItemKey Item, long Seq, ItemSettings Settings) : Evolving
{
    /// <summary>What the record owes to log and jobs once it names this; null: nothing.</summary>
    public ImmutableArray<OwedNote>? Owed { get; init; }
}
