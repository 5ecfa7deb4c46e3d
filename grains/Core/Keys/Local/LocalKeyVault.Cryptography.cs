namespace RecoveryVault.Keys.Local;

// The cryptographic operations of the REST API, with every algorithm it has for RSA and EC keys.
public sealed partial class LocalKeyVault
{
    /// <summary>Encrypts (or wraps) or decrypts (or unwraps); the caller disposes the result.</summary>
    /// <param name="operation">The permission: encrypt, decrypt, wrapKey, unwrapKey.</param>
    /// <param name="key">A version, or the latest.</param>
    /// <param name="algorithm">As in <see cref="KeyAlgorithms"/>.</param>
    /// <param name="value">Plaintext or ciphertext.</param>
    /// <param name="cancellation">Stops the call.</param>
    public Task<(KeyId Id, SecretBytes Value)> TransformAsync(
        string operation,
        KeyId key,
        string algorithm,
        ReadOnlyMemory<byte> value,
        CancellationToken cancellation = default
    ) =>
        UseAsync(
            operation,
            key,
            version =>
            {
                var padding = KeyAlgorithms.Encryption(algorithm);
                return operation is KeyPermissions.UnwrapKey or KeyPermissions.Decrypt
                    ? version.PrivateKey.Decrypt(value.Span, padding)
                    : SecretBytes.CopyOf(version.PublicKey.Encrypt(value.Span, padding));
            },
            cancellation
        );

    /// <summary>Signs a digest.</summary>
    public Task<(KeyId Id, byte[] Value)> SignAsync(
        KeyId key,
        string algorithm,
        ReadOnlyMemory<byte> digest,
        CancellationToken cancellation = default
    ) =>
        UseAsync(
            KeyPermissions.Sign,
            key,
            version =>
            {
                KeyAlgorithms.RequireFit(algorithm, version.Shape, digest.Length);
                return version.PrivateKey.Sign(version.Shape, algorithm, digest.Span);
            },
            cancellation
        );

    /// <summary>Whether the signature is that of the digest.</summary>
    public async Task<bool> VerifyAsync(
        KeyId key,
        string algorithm,
        ReadOnlyMemory<byte> digest,
        ReadOnlyMemory<byte> signature,
        CancellationToken cancellation = default
    ) =>
        (
            await UseAsync(
                KeyPermissions.Verify,
                key,
                version =>
                {
                    KeyAlgorithms.RequireFit(algorithm, version.Shape, digest.Length);
                    return version.PublicKey.Verify(version.Shape, algorithm, digest.Span, signature.Span);
                },
                cancellation
            )
        ).Value;

    private Task<(KeyId Id, T Value)> UseAsync<T>(
        string operation,
        KeyId key,
        Func<KeyVersionRecord, T> use,
        CancellationToken cancellation
    ) =>
        CallAsync(
            operation,
            RequireMine(key).Name,
            vault =>
                ReadVersionAsync(
                    vault,
                    key.Name,
                    key.Version,
                    (record, version) =>
                    {
                        version.RequireUsable(operation, Now);
                        return (IdOf(record, version), use(version));
                    },
                    cancellation
                ),
            cancellation
        );
}
