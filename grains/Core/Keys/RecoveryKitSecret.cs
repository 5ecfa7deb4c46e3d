using System.Security.Cryptography;
using System.Text;

namespace RecoveryVault.Keys;

/// <summary>
/// What a passphrase opens: PBKDF2-HMAC-SHA256 over its UTF-8 bytes gives 32 bytes, from which HKDF-SHA256 expands the key check value
/// and the key of the seal. The salt is fresh for each kit, so the key seals one message and its nonce can be zero.
/// </summary>
internal sealed class RecoveryKitSecret : IDisposable
{
    /// <summary>The tag at the end of the sealed part.</summary>
    public const int TagBytes = 16;

    private const int KeyBytes = 32;

    private static readonly byte[] Nonce = new byte[12];

    private readonly SecretBytes _sealKey;

    private RecoveryKitSecret(SecretBytes sealKey, byte[] check) => (_sealKey, Check) = (sealKey, check);

    /// <summary>The key check value; it stands in the header.</summary>
    public byte[] Check { get; }

    /// <summary>Slow by design: some 0.2 s at 600,000 iterations.</summary>
    public static RecoveryKitSecret Derive(ReadOnlyMemory<char> passphrase, byte[] salt, int iterations)
    {
        using var password = SecretBytes.Fill(
            Encoding.UTF8.GetByteCount(passphrase.Span),
            passphrase,
            static (bytes, text) => Encoding.UTF8.GetBytes(text.Span, bytes)
        );
        using var derived = SecretBytes.Fill(
            KeyBytes,
            (password, salt, iterations),
            static (bytes, input) =>
                Rfc2898DeriveBytes.Pbkdf2(input.password.Span, input.salt, bytes, input.iterations, HashAlgorithmName.SHA256)
        );
        var check = new byte[KeyBytes];
        HKDF.Expand(HashAlgorithmName.SHA256, derived.Span, check, "RecoveryVault recovery kit 1 check"u8);
        var sealKey = SecretBytes.Fill(
            KeyBytes,
            derived,
            static (bytes, source) => HKDF.Expand(HashAlgorithmName.SHA256, source.Span, bytes, "RecoveryVault recovery kit 1 seal"u8)
        );
        return new(sealKey, check);
    }

    /// <summary>AES-256-GCM: the ciphertext and after it the tag.</summary>
    public byte[] Seal(ReadOnlySpan<byte> header, ReadOnlySpan<byte> content)
    {
        var body = new byte[content.Length + TagBytes];
        using var aes = new AesGcm(_sealKey.Span, TagBytes);
        aes.Encrypt(Nonce, content, body.AsSpan(..content.Length), body.AsSpan(content.Length..), header);
        return body;
    }

    /// <exception cref="Errors.VaultException">RecoveryKitDamaged: header or body are not as they were sealed.</exception>
    public SecretBytes Open(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        if (body.Length < TagBytes)
            throw RecoveryKitHeader.Damaged("its content is too short");
        var (ciphertext, tag, aad) = (body[..^TagBytes].ToArray(), body[^TagBytes..].ToArray(), header.ToArray());
        try
        {
            return SecretBytes.Fill(
                ciphertext.Length,
                (_sealKey, ciphertext, tag, aad),
                static (content, input) =>
                {
                    using var aes = new AesGcm(input._sealKey.Span, TagBytes);
                    aes.Decrypt(Nonce, input.ciphertext, input.tag, content, input.aad);
                }
            );
        }
        catch (AuthenticationTagMismatchException)
        {
            throw RecoveryKitHeader.Damaged("its content has changed");
        }
    }

    public void Dispose() => _sealKey.Dispose();
}
