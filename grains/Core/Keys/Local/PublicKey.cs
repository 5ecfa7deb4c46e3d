using System.Buffers.Text;
using System.Security.Cryptography;

namespace RecoveryVault.Keys.Local;

/// <summary>The public half of an RSA or EC key version, DER SubjectPublicKeyInfo.</summary>
internal sealed record PublicKey(byte[] Spki)
{
    /// <summary>Lower-case hex SHA-256 of the SubjectPublicKeyInfo.</summary>
    public string Thumbprint => Convert.ToHexStringLower(SHA256.HashData(Spki));

    /// <summary>RSA-OAEP-256.</summary>
    /// <exception cref="KeyVaultException">400: nothing to wrap, or more than the modulus holds.</exception>
    public byte[] Wrap(ReadOnlySpan<byte> keyMaterial) => Encrypt(keyMaterial, RSAEncryptionPadding.OaepSHA256);

    /// <exception cref="KeyVaultException">400: nothing to encrypt, or more than the modulus holds.</exception>
    public byte[] Encrypt(ReadOnlySpan<byte> plaintext, RSAEncryptionPadding padding)
    {
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(Spki, out _);
        return plaintext.Length > 0 && plaintext.Length <= (rsa.KeySize / 8) - OverheadOf(padding)
            ? rsa.Encrypt(plaintext, padding)
            : throw KeyVaultRefusal.ParameterIncorrect();
    }

    /// <summary>Whether the signature is that of the digest; the algorithm fits the key.</summary>
    public bool Verify(KeyShape shape, string algorithm, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        var (hash, padding) = KeyAlgorithms.Signature(algorithm);
        if (shape.Type == KeyShape.Rsa && padding is not null)
        {
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(Spki, out _);
            return rsa.VerifyHash(digest, signature, hash, padding);
        }
        using var ec = ECDsa.Create();
        ec.ImportSubjectPublicKeyInfo(Spki, out _);
        return ec.VerifyHash(digest, signature);
    }

    // OAEP spends two digests and two bytes of the modulus (RFC 8017, 7.1.1), PKCS #1 v1.5 eleven bytes (7.2.1).
    private static int OverheadOf(RSAEncryptionPadding padding) =>
        padding == RSAEncryptionPadding.OaepSHA256 ? 66
        : padding == RSAEncryptionPadding.OaepSHA1 ? 42
        : 11;

    public JsonWebKey ToJsonWebKey(KeyShape shape, string kid, IReadOnlyList<string> operations)
    {
        if (shape.Type == KeyShape.Rsa)
        {
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(Spki, out _);
            var parameters = rsa.ExportParameters(includePrivateParameters: false);
            return new(kid, shape.Type, operations, N: Encode(parameters.Modulus), E: Encode(parameters.Exponent));
        }
        using var ec = ECDsa.Create();
        ec.ImportSubjectPublicKeyInfo(Spki, out _);
        var point = ec.ExportParameters(includePrivateParameters: false).Q;
        return new(kid, shape.Type, operations, Crv: shape.Curve, X: Encode(point.X), Y: Encode(point.Y));
    }

    private static string Encode(byte[]? integer) => Base64Url.EncodeToString(integer);
}
