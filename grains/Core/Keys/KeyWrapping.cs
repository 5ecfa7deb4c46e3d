using System.Buffers.Binary;
using System.Security.Cryptography;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Vaults;

namespace RecoveryVault.Keys;

/// <summary>A key encryption key in force, and the principal that may use it.</summary>
/// <param name="KeyId">The full id with version; <c>platform:N</c> for the platform keyring.</param>
/// <param name="PrincipalId">Empty for the platform keyring.</param>
public sealed record KeyEncryptionKey(string KeyId, string Thumbprint, string PrincipalId);

/// <summary>
/// Wraps and unwraps data keys: in the customer's key vault with RSA-OAEP-256, or, in vaults with platform-managed keys, with AES-256-GCM
/// under a key derived from the platform keyring for that very item and epoch.
/// </summary>
public sealed class KeyWrapping(KeyVaultConnector keyVaults, PlatformKeyring keyring)
{
    /// <summary>The store's own keys.</summary>
    public PlatformKeyring Keyring => keyring;

    private const int NonceLength = 12;
    private const int TagLength = 16;

    private static ReadOnlySpan<byte> PlatformLabel => "recoveryvault/1/platform-wrap"u8;

    /// <exception cref="KeyVaultException">The key vault refused or does not answer.</exception>
    public async Task<(string Algorithm, byte[] Wrapped)> WrapAsync(
        KeyEncryptionKey kek,
        DataKey dek,
        CancellationToken cancellation = default
    )
    {
        if (KeyVersions.IsPlatform(kek.KeyId))
            return (WrapAlgorithms.PlatformGcm, WrapUnderPlatformKey(KeyVersions.PlatformKeyId(kek.KeyId), dek));
        var keyId = KeyId.Parse(kek.KeyId);
        var result = await NamingAsync(
            keyId,
            () => keyVaults.Open(keyId, kek.PrincipalId).WrapKeyAsync(keyId, dek.Secret.Memory, cancellation)
        );
        // A wrap by another version than the one named would be unwrapped with the wrong key later.
        return result.KeyId == keyId
            ? (WrapAlgorithms.RsaOaep256, result.EncryptedKey)
            : throw new VaultException(ErrorCodes.WrongKey, $"The key vault wrapped with {result.KeyId} instead of {keyId}.");
    }

    /// <exception cref="KeyVaultException">The key vault refused or does not answer.</exception>
    public async Task<SecretBytes> UnwrapAsync(ItemKey item, RingEpoch epoch, string principalId, CancellationToken cancellation = default)
    {
        var isPlatform = KeyVersions.IsPlatform(epoch.KeyId);
        if (epoch.Algorithm != (isPlatform ? WrapAlgorithms.PlatformGcm : WrapAlgorithms.RsaOaep256))
            throw new VaultException(
                ErrorCodes.DataTooNew,
                $"The data key of item {item.ItemId} is wrapped with '{epoch.Algorithm}', which this version does not know for {epoch.KeyId}."
            );
        if (isPlatform)
            return UnwrapUnderPlatformKey(item, epoch);
        var keyId = KeyId.Parse(epoch.KeyId);
        return await NamingAsync(keyId, () => keyVaults.Open(keyId, principalId).UnwrapKeyAsync(keyId, epoch.WrappedDek, cancellation));
    }

    /// <summary>Whoever has to mend a refusal must hear which key version it is about.</summary>
    private static async Task<T> NamingAsync<T>(KeyId keyId, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (KeyVaultException e) when (!e.Message.Contains(keyId.ToString(), StringComparison.Ordinal))
        {
            throw new KeyVaultException(e.Fault, e.Status, e.Code, e.InnerCode, $"{keyId}: {e.Message}", e);
        }
    }

    private byte[] WrapUnderPlatformKey(uint platformKeyId, DataKey dek)
    {
        var info = PlatformContext(new ItemKey(dek.VaultId, dek.ItemId), dek.Epoch);
        using var aes = PlatformCipher(platformKeyId, info);
        var wrapped = new byte[NonceLength + dek.Secret.Length + TagLength];
        RandomNumberGenerator.Fill(wrapped.AsSpan(0, NonceLength));
        aes.Encrypt(
            wrapped.AsSpan(0, NonceLength),
            dek.Secret.Span,
            wrapped.AsSpan(NonceLength, dek.Secret.Length),
            wrapped.AsSpan(NonceLength + dek.Secret.Length),
            info
        );
        return wrapped;
    }

    private SecretBytes UnwrapUnderPlatformKey(ItemKey item, RingEpoch epoch)
    {
        var wrapped = epoch.WrappedDek;
        if (wrapped.Length != NonceLength + DataKey.SizeBytes + TagLength)
            throw new VaultException(ErrorCodes.RecordTampered, $"A data key wrapped by the platform keyring has {wrapped.Length} bytes.");
        var info = PlatformContext(item, epoch.DekEpoch);
        using var aes = PlatformCipher(KeyVersions.PlatformKeyId(epoch.KeyId), info);
        try
        {
            return SecretBytes.Fill(
                DataKey.SizeBytes,
                (aes, wrapped, info),
                static (secret, s) =>
                    s.aes.Decrypt(
                        s.wrapped.AsSpan(0, NonceLength),
                        s.wrapped.AsSpan(NonceLength, secret.Length),
                        s.wrapped.AsSpan(NonceLength + secret.Length),
                        secret,
                        s.info
                    )
            );
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new VaultException(
                ErrorCodes.WrongKey,
                $"Platform key {epoch.KeyId} does not open the data key of item {item.ItemId}.",
                inner: e
            );
        }
    }

    private AesGcm PlatformCipher(uint platformKeyId, ReadOnlySpan<byte> info)
    {
        var platform =
            keyring.Find(platformKeyId)
            ?? throw new VaultException(ErrorCodes.WrongPlatformKey, $"The platform keyring has no key {platformKeyId}.");
        Span<byte> key = stackalloc byte[32];
        try
        {
            HKDF.Expand(HashAlgorithmName.SHA256, platform.Secret.Span, key, info);
            return new AesGcm(key, TagLength);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static byte[] PlatformContext(ItemKey item, uint dekEpoch)
    {
        var context = new byte[PlatformLabel.Length + VaultId.SizeBytes + ItemId.SizeBytes + sizeof(uint)];
        PlatformLabel.CopyTo(context);
        item.VaultId.WriteTo(context.AsSpan(PlatformLabel.Length));
        item.ItemId.WriteTo(context.AsSpan(PlatformLabel.Length + VaultId.SizeBytes));
        BinaryPrimitives.WriteUInt32LittleEndian(context.AsSpan(PlatformLabel.Length + VaultId.SizeBytes + ItemId.SizeBytes), dekEpoch);
        return context;
    }
}
