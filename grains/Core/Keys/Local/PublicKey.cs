using System.Buffers.Text;
using System.Security.Cryptography;

namespace RecoveryVault.Keys.Local;

/// <summary>The public half of an RSA or EC key version, DER SubjectPublicKeyInfo.</summary>
internal sealed record PublicKey(byte[] Spki)
{
    // OAEP with SHA-256 spends two digests and two bytes of the modulus (RFC 8017, 7.1.1).
    private const int OaepOverheadBytes = 66;

    /// <summary>Lower-case hex SHA-256 of the SubjectPublicKeyInfo.</summary>
    public string Thumbprint => Convert.ToHexStringLower(SHA256.HashData(Spki));

    /// <summary>RSA-OAEP-256.</summary>
    /// <exception cref="KeyVaultException">400: nothing to wrap, or more than the modulus holds.</exception>
    public byte[] Wrap(ReadOnlySpan<byte> keyMaterial)
    {
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(Spki, out _);
        return keyMaterial.Length > 0 && keyMaterial.Length <= (rsa.KeySize / 8) - OaepOverheadBytes
            ? rsa.Encrypt(keyMaterial, RSAEncryptionPadding.OaepSHA256)
            : throw KeyVaultRefusal.ParameterIncorrect();
    }

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
