using System.Security.Cryptography;
using System.Text.Json;

namespace RecoveryVault.Keys.Local;

// Import, backup and restore of single keys.
public sealed partial class LocalKeyVault
{
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int MaxBackupBytes = 1 << 20;

    private static ReadOnlySpan<byte> BackupLabel => "recoveryvault/1/local-key-backup"u8;

    /// <summary>Takes over a key pair made elsewhere, as a new key or a new version; 409 while a deleted key holds the name.</summary>
    /// <param name="name">The key's name.</param>
    /// <param name="key">The pair; stays the caller's.</param>
    /// <param name="attributes">Operations, window and tags; type and size are the pair's.</param>
    /// <param name="cancellation">Stops the call.</param>
    public Task<KeyBundle> ImportKeyAsync(
        string name,
        AsymmetricAlgorithm key,
        KeyCreation attributes,
        CancellationToken cancellation = default
    ) =>
        CallAsync(
            KeyPermissions.Import,
            name,
            async vault =>
            {
                var shape = KeyShape.Of(key);
                var pair = (new PublicKey(key.ExportSubjectPublicKeyInfo()), PrivateKey.Of(key));
                using var version = NewVersion(
                        shape,
                        pair,
                        shape.Operations(attributes.KeyOps),
                        KeyVersionRecord.RequireTags(attributes.Tags)
                    )
                    .With(attributes);
                return await AddVersionAsync(vault, name, version, cancellation);
            },
            cancellation
        );

    /// <summary>A key with all its versions, sealed: only <see cref="RestoreKeyAsync"/> on the same keys store opens it.</summary>
    public Task<byte[]> BackupKeyAsync(string name, CancellationToken cancellation = default) =>
        CallAsync(
            KeyPermissions.Backup,
            name,
            async vault =>
            {
                using var sealing = await _blobs.BackupKeyAsync(cancellation);
                return await _blobs.ReadKeyAsync(vault.Name, name, key => Seal(sealing, RequireActive(key, name)), cancellation);
            },
            cancellation
        );

    /// <summary>Brings a key back under its name and with its versions; 409 when the name is in use.</summary>
    public Task<KeyBundle> RestoreKeyAsync(ReadOnlyMemory<byte> backup, CancellationToken cancellation = default) =>
        CallAsync(
            KeyPermissions.Restore,
            null,
            async vault =>
            {
                using var sealing = await _blobs.BackupKeyAsync(cancellation);
                using var key = Open(sealing, backup.Span);
                return await _blobs.UpdateKeyAsync(
                    vault.Name,
                    key.Name,
                    existing =>
                        RequireNameFree(existing, key.Name) is null
                            ? (key, Bundle(vault, key, key.Latest))
                            : throw KeyVaultRefusal.KeyAlreadyExists(key.Name),
                    cancellation
                );
            },
            cancellation
        );

    private static byte[] Seal(SecretBytes sealing, KeyRecord key)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(key, KeyStoreJson.Default.KeyRecord);
        try
        {
            using var aes = new AesGcm(sealing.Span, TagLength);
            var result = new byte[NonceLength + content.Length + TagLength];
            var nonce = result.AsSpan(0, NonceLength);
            RandomNumberGenerator.Fill(nonce);
            aes.Encrypt(
                nonce,
                content,
                result.AsSpan(NonceLength, content.Length),
                result.AsSpan(NonceLength + content.Length),
                BackupLabel
            );
            return result;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    private static KeyRecord Open(SecretBytes sealing, ReadOnlySpan<byte> backup)
    {
        var length = backup.Length - NonceLength - TagLength;
        if (length <= 0 || backup.Length > MaxBackupBytes)
            throw KeyVaultRefusal.BackupMalformed();
        var content = GC.AllocateUninitializedArray<byte>(length, pinned: true);
        try
        {
            using var aes = new AesGcm(sealing.Span, TagLength);
            aes.Decrypt(backup[..NonceLength], backup.Slice(NonceLength, length), backup[^TagLength..], content, BackupLabel);
            return JsonSerializer.Deserialize(content, KeyStoreJson.Default.KeyRecord) ?? throw KeyVaultRefusal.BackupMalformed();
        }
        catch (Exception e) when (e is AuthenticationTagMismatchException or JsonException)
        {
            throw KeyVaultRefusal.BackupMalformed();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }
}
