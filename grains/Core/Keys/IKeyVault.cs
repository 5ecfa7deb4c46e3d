namespace RecoveryVault.Keys;

/// <summary>
/// One key vault as one principal sees it, reduced to what a KEK needs. Names and shapes are those of the Key Vault keys API 7.6;
/// every call is authorised anew and may throw <see cref="KeyVaultException"/>.
/// </summary>
public interface IKeyVault
{
    /// <summary>Reads a key: the latest version, or the one named. A disabled or expired key is still readable.</summary>
    Task<KeyVaultKey> GetKeyAsync(string name, string? version, CancellationToken cancellation = default);

    /// <summary>
    /// All versions of a key, oldest first (a soft-deleted or unknown key has none: <see cref="KeyVaultFault.KeyNotFound"/>).
    /// </summary>
    Task<IReadOnlyList<KeyProperties>> ListVersionsAsync(string name, CancellationToken cancellation = default);

    /// <summary>
    /// Wraps key material of 1 to 190 bytes with RSA-OAEP-256. Store the answer's <see cref="WrapResult.KeyId"/> beside the result.
    /// </summary>
    Task<WrapResult> WrapKeyAsync(KeyId key, ReadOnlyMemory<byte> keyMaterial, CancellationToken cancellation = default);

    /// <summary>Unwraps with RSA-OAEP-256; the caller disposes the secret.</summary>
    Task<SecretBytes> UnwrapKeyAsync(KeyId key, ReadOnlyMemory<byte> encryptedKey, CancellationToken cancellation = default);
}
