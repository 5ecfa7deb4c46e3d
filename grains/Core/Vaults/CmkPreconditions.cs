using RecoveryVault.Errors;
using RecoveryVault.Keys;

namespace RecoveryVault.Vaults;

/// <summary>
/// The preconditions of a customer-managed key in the order the four steps have to be taken (R17): identity, permissions, key vault
/// protection, key. Assigning a key throws the first that is not met; the checklist shows all.
/// </summary>
public static class CmkPreconditions
{
    /// <exception cref="VaultException">The code of the first precondition that is not met.</exception>
    public static void Require(VaultRecord vault, KeyFacts? facts, DateTimeOffset now)
    {
        foreach (var entry in Check(vault, facts, now))
        {
            if (entry.Met != true)
                throw new VaultException(
                    entry.Code ?? ErrorCodes.UserErrorCMKKeyVaultAuthFailure,
                    entry.Detail,
                    entry.Fix.Length > 0 ? entry.Fix : null
                );
        }
    }

    /// <summary>All preconditions; <paramref name="facts"/> is null when no key is named yet or no identity could look at it.</summary>
    public static IEnumerable<ChecklistEntry> Check(VaultRecord vault, KeyFacts? facts, DateTimeOffset now) =>
        [
            Purity(vault),
            Identity(vault),
            Permissions(vault, facts),
            SoftDelete(facts),
            PurgeProtection(facts),
            .. KeyItself(vault, facts, now),
        ];

    private static ChecklistEntry Purity(VaultRecord vault)
    {
        try
        {
            vault.RequireNeverAttempted();
            return Met(
                0,
                "New vault",
                vault.Settings.Encryption.IsCustomerManaged
                    ? "The vault has a customer-managed key."
                    : "Nobody has tried to protect an item here."
            );
        }
        catch (VaultException refusal)
        {
            return NotMet(0, "New vault", refusal.Code, refusal.Message);
        }
    }

    private static ChecklistEntry Identity(VaultRecord vault) =>
        vault.IsIdentityForeign && vault.ForeignIdentity() is var foreign
            ? NotMet(1, "Managed identity", foreign.Code, foreign.Message, foreign.Recommendation)
        : vault.KeyPrincipal is { } principal
            ? Met(
                1,
                "Managed identity",
                VaultPrincipal.Parse(principal) switch
                {
                    { IsUserAssigned: true } user => $"User-assigned, {user.Id}.",
                    var system => $"System-assigned, object id {system.Id}.",
                }
            )
        : NotMet(
            1,
            "Managed identity",
            ErrorCodes.UserErrorCMKVaultIdentityMissing,
            $"Vault '{vault.Settings.Name}' has no managed identity."
        );

    private static ChecklistEntry Permissions(VaultRecord vault, KeyFacts? facts)
    {
        const string Name = "Key permissions";
        if (facts is null)
            return Unknown(2, Name, ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault);
        var missing = MissingPermissions(facts);
        if (missing.Count > 0 && !KeyVaultConnector.IsLocal(facts.Requested))
        {
            // Whom Azure saw only its own words tell.
            return NotMet(
                2,
                Name,
                ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault,
                $"{string.Join(", ", missing)} on {facts.Requested.Host} is missing: {facts.Faults.First().Message}",
                "Give the principal that the message names the key permissions get, list, wrapKey and unwrapKey, or the role Key Vault Crypto "
                    + "Service Encryption User where the key vault goes by roles."
            );
        }
        if (missing.Count > 0)
        {
            var principal = VaultPrincipal.Parse(vault.KeyPrincipal ?? "").Id;
            return NotMet(
                2,
                Name,
                ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault,
                $"The vault's identity {principal} lacks {string.Join(", ", missing)} on {facts.Requested.Host}.",
                $"Run 'rvault keyvault set-policy --name {HostName(facts.Requested)} --object-id {ObjectId(principal)} --key-permissions get list wrapKey unwrapKey'."
            );
        }
        if (
            facts.Faults.FirstOrDefault(f =>
                f.Verdict == KeyVaultVerdict.Unreachable
                || f.Fault is KeyVaultFault.KeyNotFound or KeyVaultFault.ForbiddenByFirewall or KeyVaultFault.OtherTenant
            ) is
            { } fault
        )
            return NotMet(2, Name, ErrorCodes.UserErrorCMKKeyVaultAuthFailure, $"{facts.Requested} cannot be used: {fault.Message}");
        return Met(2, Name, "Get, List, Wrap Key and Unwrap Key are granted.");
    }

    private static List<string> MissingPermissions(KeyFacts facts)
    {
        List<string> missing = [];
        if (facts.GetFault?.Fault == KeyVaultFault.NoPermission)
            missing.Add("get");
        if (facts.ListFault?.Fault == KeyVaultFault.NoPermission)
            missing.Add("list");
        if (facts.WrapFault?.Fault == KeyVaultFault.NoPermission)
            missing.Add("wrapKey");
        if (facts.UnwrapFault?.Fault == KeyVaultFault.NoPermission)
            missing.Add("unwrapKey");
        return missing;
    }

    private static ChecklistEntry SoftDelete(KeyFacts? facts)
    {
        const string Name = "Soft delete";
        if (facts?.Key is not { } key)
            return Unknown(3, Name, ErrorCodes.UserErrorCMKSoftDeleteNotEnabledOnKeyVault);
        return key.Properties.RecoveryLevel == "Purgeable"
            ? NotMet(
                3,
                Name,
                ErrorCodes.UserErrorCMKSoftDeleteNotEnabledOnKeyVault,
                $"Key vault {facts.Requested.Host} has no soft delete.",
                $"Run 'rvault keyvault update --name {HostName(facts.Requested)} --enable-soft-delete true'."
            )
            : Met(3, Name, $"Recovery level {key.Properties.RecoveryLevel}.");
    }

    private static ChecklistEntry PurgeProtection(KeyFacts? facts)
    {
        const string Name = "Purge protection";
        if (facts?.Key is not { } key)
            return Unknown(3, Name, ErrorCodes.UserErrorCMKPurgeProtectionNotEnabledOnKeyVault);
        return key.Properties.RecoveryLevel.Contains("Purgeable", StringComparison.Ordinal)
            ? NotMet(
                3,
                Name,
                ErrorCodes.UserErrorCMKPurgeProtectionNotEnabledOnKeyVault,
                $"Key vault {facts.Requested.Host} has no purge protection.",
                $"Run 'rvault keyvault update --name {HostName(facts.Requested)} --enable-purge-protection true'."
            )
            : Met(3, Name, $"Recovery level {key.Properties.RecoveryLevel}.");
    }

    private static IEnumerable<ChecklistEntry> KeyItself(VaultRecord vault, KeyFacts? facts, DateTimeOffset now)
    {
        if (facts?.Key is not { } key)
        {
            yield return Unknown(4, "RSA key", ErrorCodes.UserErrorCMKKeyTypeNotSupported);
            yield break;
        }
        var isRsa = key.KeyType is "RSA" or "RSA-HSM" && key.SizeBits is 2048 or 3072 or 4096;
        yield return isRsa
            ? Met(4, "RSA key", $"{key.KeyType} {key.SizeBits}.")
            : NotMet(
                4,
                "RSA key",
                ErrorCodes.UserErrorCMKKeyTypeNotSupported,
                $"{key.Properties.Id} is {key.KeyType} with {key.SizeBits} bits; it must be RSA with 2048, 3072 or 4096."
            );
        yield return Validity(key, facts, now);
        var sameRegion = Region(key.VaultLocation) == Region(vault.Settings.Location);
        yield return sameRegion
            ? Met(4, "Same region", key.VaultLocation)
            : NotMet(
                4,
                "Same region",
                ErrorCodes.UserErrorCMKKeyVaultRegionMismatch,
                $"The key vault is in '{key.VaultLocation}', the vault in '{vault.Settings.Location}'."
            );
    }

    private static ChecklistEntry Validity(KeyVaultKey key, KeyFacts facts, DateTimeOffset now)
    {
        const string Name = "Key usable";
        var properties = key.Properties;
        if (!properties.Enabled)
            return NotMet(4, Name, ErrorCodes.UserErrorCMKKeyDisabled, $"{properties.Id} is disabled.");
        if (properties.ExpiresOn <= now)
            return NotMet(4, Name, ErrorCodes.UserErrorCMKKeyExpired, $"{properties.Id} expired on {properties.ExpiresOn:u}.");
        if (properties.NotBefore > now)
            return NotMet(4, Name, ErrorCodes.UserErrorCMKKeyNotYetValid, $"{properties.Id} is valid from {properties.NotBefore:u} on.");
        if ((facts.WrapFault ?? facts.UnwrapFault) is not { } fault)
            return Met(4, Name, "Enabled; wrapped and unwrapped a test value.");
        return NotMet(4, Name, KeyVaultRefusals.CodeOf(fault), $"{properties.Id} cannot be used: {fault.Message}");
    }

    /// <summary>R36: "West US" and "westus" are one region.</summary>
    private static string Region(string location) => location.Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant();

    /// <summary>Of an identity that only its own service can look up, the resource id is known here and no object id.</summary>
    private static string ObjectId(string principal) => principal.StartsWith('/') ? "PRINCIPAL-ID" : principal;

    private static string HostName(KeyId keyId) => keyId.Host.Split('.')[0];

    private static ChecklistEntry Met(int step, string name, string detail) => new(step, name, true, null, detail, "");

    private static ChecklistEntry NotMet(int step, string name, string code, string detail, string? fix = null) =>
        new(step, name, false, code, detail, fix ?? ErrorTable.Find(code)?.Fix ?? "");

    private static ChecklistEntry Unknown(int step, string name, string code) =>
        new(step, name, null, code, "Not known yet: an earlier step is missing or no key is named.", ErrorTable.Find(code)?.Fix ?? "");
}
