using RecoveryVault.Errors;

namespace RecoveryVault.Keys;

/// <summary>
/// Leads from a key URI's host to the key vault, as one principal sees it. <c>*.vault.localhost</c> is the local key vault.
/// </summary>
/// <param name="openLocal">Opens a local key vault by host and principal.</param>
public sealed class KeyVaultConnector(Func<string, string, IKeyVault> openLocal)
{
    public const string LocalSuffix = ".vault.localhost";

    /// <exception cref="VaultException">As <see cref="RequireKnown"/>.</exception>
    public IKeyVault Open(KeyId keyId, string principalId)
    {
        RequireKnown(keyId);
        return openLocal(keyId.Host, principalId);
    }

    /// <exception cref="VaultException">UserErrorCMKInvalidKeyUri: no key vault of that kind can be reached by this version.</exception>
    public static void RequireKnown(KeyId keyId)
    {
        if (keyId.Host.EndsWith(LocalSuffix, StringComparison.Ordinal))
            return;
        throw new VaultException(
            ErrorCodes.UserErrorCMKInvalidKeyUri,
            $"'{keyId}' is on {keyId.Host}; this version reaches key vaults of the form https://NAME{LocalSuffix}/ only."
        );
    }
}
