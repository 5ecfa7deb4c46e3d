using RecoveryVault.Errors;
using RecoveryVault.Keys.Traffic;

namespace RecoveryVault.Keys;

/// <summary>
/// Leads from a key URI's host to the key vault, as one principal sees it. <c>*.vault.localhost</c> is the local key vault (or the
/// development server), Azure's own domains are Azure Key Vault over REST. Other hosts are refused, so that no vault's settings can make a
/// silo talk to whatever stands in its network.
/// </summary>
/// <param name="openLocal">Opens a local key vault by host and principal.</param>
/// <param name="openAzure">Opens an Azure Key Vault by host and principal.</param>
public sealed class KeyVaultConnector(Func<string, string, IKeyVault> openLocal, Func<string, string, IKeyVault> openAzure)
{
    public const string LocalSuffix = ".vault.localhost";

    /// <summary>Azure's public and sovereign clouds, key vaults and managed HSMs.</summary>
    private static readonly string[] AzureSuffixes =
    [
        ".vault.azure.net",
        ".vault.azure.cn",
        ".vault.usgovcloudapi.net",
        ".managedhsm.azure.net",
        ".managedhsm.azure.cn",
        ".managedhsm.usgovcloudapi.net",
    ];

    /// <summary>What this process may ask of one key vault in ten seconds, in units of its limit.</summary>
    public int UnitsPerTenSeconds { get; init; } = CallWeights.Limit / 4;

    /// <summary>Whether the local key vaults are in this process, which asks them as often as it likes.</summary>
    public bool IsLocalUnlimited { get; init; } = true;

    /// <summary>The budget of a key's vault; null: there is none.</summary>
    public int? BudgetOf(KeyId keyId) => IsLocalUnlimited && IsLocal(keyId) ? null : UnitsPerTenSeconds;

    /// <exception cref="VaultException">As <see cref="RequireKnown"/>.</exception>
    public IKeyVault Open(KeyId keyId, string principalId)
    {
        RequireKnown(keyId);
        return (IsLocal(keyId) ? openLocal : openAzure)(keyId.Host, principalId);
    }

    /// <exception cref="VaultException">UserErrorCMKInvalidKeyUri: no key vault is looked for at such a host.</exception>
    public static void RequireKnown(KeyId keyId)
    {
        if (IsLocal(keyId) || AzureSuffixes.Any(suffix => IsUnder(keyId.Host, suffix)))
            return;
        throw new VaultException(
            ErrorCodes.UserErrorCMKInvalidKeyUri,
            $"'{keyId}' is on {keyId.Host}; key vaults are looked for at https://NAME{AzureSuffixes[0]}/ (and Azure's other clouds) and at "
                + $"https://NAME{LocalSuffix}/ only."
        );
    }

    /// <summary>Whether the key vault is the local one or the development server's.</summary>
    public static bool IsLocal(KeyId keyId) => IsUnder(keyId.Host, LocalSuffix);

    /// <summary>One label before the suffix: Azure has no deeper names, and no ports.</summary>
    private static bool IsUnder(string host, string suffix) =>
        host.EndsWith(suffix, StringComparison.Ordinal) && host.IndexOf('.', StringComparison.Ordinal) == host.Length - suffix.Length;
}
