namespace RecoveryVault.Keys.Local;

/// <summary>
/// The two built-in roles a backup vault's identity is given, at the scope of one key vault. Permissions are named as in access policies;
/// role definitions know one data action, keys/read, for both get and list.
/// </summary>
public static class KeyVaultRoles
{
    public const string CryptoOfficer = "Key Vault Crypto Officer";
    public const string CryptoServiceEncryptionUser = "Key Vault Crypto Service Encryption User";

    private static readonly string[] Names = [CryptoOfficer, CryptoServiceEncryptionUser];

    /// <exception cref="KeyVaultException">400: the local key vault does not know the role.</exception>
    internal static string Canonical(string role) =>
        Names.FirstOrDefault(name => string.Equals(name, role, StringComparison.OrdinalIgnoreCase))
        ?? throw KeyVaultRefusal.BadRequest($"The role '{role}' is not known here. Want one of: {string.Join(", ", Names)}.");

    internal static bool Grants(string role, string permission) =>
        role == CryptoOfficer
        || (
            role == CryptoServiceEncryptionUser
            && permission is KeyPermissions.Get or KeyPermissions.List or KeyPermissions.WrapKey or KeyPermissions.UnwrapKey
        );

    /// <summary>The data action that a permission is called in role definitions.</summary>
    internal static string DataAction(string permission) =>
        "Microsoft.KeyVault/vaults/keys/"
        + permission switch
        {
            KeyPermissions.Get or KeyPermissions.List => "read",
            KeyPermissions.Delete => "delete",
            KeyPermissions.WrapKey => "wrap/action",
            KeyPermissions.UnwrapKey => "unwrap/action",
            _ => $"{permission}/action",
        };
}
