using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Vaults;

namespace RecoveryVault.Reports;

/// <summary>What was found out for a change of the key that is not made.</summary>
public sealed record KeyChangeTrial
{
    /// <summary>The vault as it is.</summary>
    public required VaultRecord Vault { get; init; }

    public required UpdateEncryption Request { get; init; }

    /// <summary>The vault with the identity that the request names; null when that was refused.</summary>
    public VaultRecord? Seen { get; init; }

    /// <summary>The look at the new key; null when nobody could look.</summary>
    public KeyFacts? Facts { get; init; }

    /// <summary>The look at the version in force; null when the change does not need it.</summary>
    public KeyFacts? OldFacts { get; init; }

    /// <summary>Why the change would be refused; null when it would be taken.</summary>
    public VaultException? Refusal { get; init; }

    /// <summary>How long one call to the new key's vault took.</summary>
    public TimeSpan PerCall { get; init; }

    /// <summary>What each item's stored rings need.</summary>
    public IReadOnlyList<ItemKeyUse> Uses { get; init; } = [];

    private string? NewKeyId => Facts?.Key?.Properties.Id.ToString();

    private EncryptionSettings Encryption => Vault.Settings.Encryption;

    /// <summary>Without a look at the key nobody knows whether the version changes, and so what it needs.</summary>
    private bool IsUnknown => NewKeyId is null && Encryption.IsCustomerManaged && !Vault.Roster.IsEmpty;

    private static ChecklistEntry Unknown(string name) =>
        new(4, name, null, null, "Not known yet: the new key could not be looked at.", "");

    private bool IsNewVersion => NewKeyId is not null && NewKeyId != Encryption.Current.KeyId;

    /// <summary>The preconditions in their order, then what a change asks besides.</summary>
    public IReadOnlyList<ChecklistEntry> Check(DateTimeOffset now) =>
        [.. CmkPreconditions.Check(Seen ?? Vault, Facts, now), OldKey(), NoRotation()];

    public ReportedKey? NewKey() =>
        Facts?.Key is { } key
            ? new ReportedKey(
                key.Properties.Id.ToString(),
                key.Properties.Id.Version,
                key.KeyType,
                key.SizeBits,
                key.PublicKeyThumbprint,
                Facts.WrapFault is null && Facts.UnwrapFault is null
            )
            : null;

    public ReportedItems Items()
    {
        var blocking = Uses.Where(use => use.UnreadableRings > 0).Select(use => use.Name).ToList();
        return new ReportedItems(Uses.Count, ToRewrap, blocking.Count, [.. blocking.Take(ReportedItems.MaxNames)]);
    }

    /// <param name="budgetOf">See <see cref="RewrapEstimate.Of"/>.</param>
    public RewrapEstimate Estimate(Func<KeyId, int?> budgetOf) =>
        Facts?.Key is { } key ? RewrapEstimate.Of(ToRewrap, key, OldFacts?.Key, PerCall, budgetOf) : RewrapEstimate.None;

    private int ToRewrap => IsNewVersion ? Uses.Count(use => use.KeyIds.Any(keyId => keyId != NewKeyId)) : 0;

    private ChecklistEntry OldKey()
    {
        const string Name = "Old key";
        if (IsUnknown)
            return Unknown(Name);
        if (OldFacts is null)
            return new ChecklistEntry(4, Name, true, null, "Not needed: no item is to be re-wrapped.", "");
        if (KeyVaultRefusals.OfUnwrapping(OldFacts) is not { } fault)
            return new ChecklistEntry(4, Name, true, null, $"{OldFacts.Requested} unwraps the data keys once more.", "");
        var code = KeyVaultRefusals.CodeOf(fault);
        return new ChecklistEntry(
            4,
            Name,
            false,
            code,
            $"{OldFacts.Requested} must unwrap the data keys once more: {fault.Message}",
            ErrorTable.Find(code)?.Fix ?? ""
        );
    }

    private ChecklistEntry NoRotation()
    {
        const string Name = "No other rotation";
        if (IsUnknown)
            return Unknown(Name);
        return Encryption.Previous is { } previous && IsNewVersion
            ? new ChecklistEntry(
                4,
                Name,
                false,
                ErrorCodes.RotationBlocked,
                $"The vault is still leaving version {KeyVersions.Bare(previous.KeyId)}: one rotation at a time.",
                "Run 'rvault vault encryption sync' until it is done."
            )
            : new ChecklistEntry(4, Name, true, null, "No rotation is under way that would have to end first.", "");
    }
}
