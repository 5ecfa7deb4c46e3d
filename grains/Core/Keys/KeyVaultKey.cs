namespace RecoveryVault.Keys;

/// <summary>A key version with its public half and what the service says about itself.</summary>
/// <param name="Properties">Id and attributes.</param>
/// <param name="KeyType">"RSA", "RSA-HSM", "EC", "EC-HSM" or "oct-HSM".</param>
/// <param name="SizeBits">The RSA modulus or EC curve size in bits.</param>
/// <param name="Operations">The key's permitted operations (key_ops).</param>
/// <param name="PublicKeyThumbprint">Lower-case hex SHA-256 of the DER SubjectPublicKeyInfo; empty for symmetric keys.</param>
/// <param name="VaultLocation">The key vault's region (response header x-ms-keyvault-region).</param>
public sealed record KeyVaultKey(
    KeyProperties Properties,
    string KeyType,
    int SizeBits,
    IReadOnlyList<string> Operations,
    string PublicKeyThumbprint,
    string VaultLocation
);

/// <summary>A key version's id and attributes.</summary>
/// <param name="Id">The full id, always with a version.</param>
/// <param name="Enabled">False: nothing may be done with the key, but it can be read.</param>
/// <param name="CreatedOn">Whole seconds, UTC.</param>
/// <param name="NotBefore">The key may not wrap before; null: no limit.</param>
/// <param name="ExpiresOn">The key may not wrap from then on (unwrapping goes on); null: never.</param>
/// <param name="RecoveryLevel">
/// "Recoverable" when soft delete and purge protection are on; any value with "Purgeable" means purge protection is off.
/// </param>
public sealed record KeyProperties(
    KeyId Id,
    bool Enabled,
    DateTimeOffset CreatedOn,
    DateTimeOffset? NotBefore,
    DateTimeOffset? ExpiresOn,
    string RecoveryLevel
);

/// <summary>Wrapped key material and the exact key version that wrapped it: the same version must unwrap it.</summary>
public sealed record WrapResult(KeyId KeyId, byte[] EncryptedKey);
