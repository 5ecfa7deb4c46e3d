using System.Security.Cryptography;

namespace RecoveryVault.Keys.Local;

/// <summary>
/// The algorithms of the REST API by their names (JWA). Those based on SHA-1 and PKCS #1 v1.5 encryption exist because the real service
/// has them; the vault itself uses RSA-OAEP-256 only.
/// </summary>
public static class KeyAlgorithms
{
    public const string RsaOaep256 = "RSA-OAEP-256";

    /// <exception cref="KeyVaultException">400: not an algorithm of encryption.</exception>
    internal static RSAEncryptionPadding Encryption(string algorithm) =>
        algorithm switch
        {
            RsaOaep256 => RSAEncryptionPadding.OaepSHA256,
            "RSA-OAEP" => RSAEncryptionPadding.OaepSHA1,
            "RSA1_5" => RSAEncryptionPadding.Pkcs1,
            _ => throw Unknown(algorithm),
        };

    /// <summary>The digest that is signed, and the padding; no padding for ECDSA.</summary>
    /// <exception cref="KeyVaultException">400: not an algorithm of signing.</exception>
    internal static (HashAlgorithmName Hash, RSASignaturePadding? Padding) Signature(string algorithm) =>
        algorithm switch
        {
            "RS256" => (HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            "RS384" => (HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
            "RS512" => (HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
            "PS256" => (HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
            "PS384" => (HashAlgorithmName.SHA384, RSASignaturePadding.Pss),
            "PS512" => (HashAlgorithmName.SHA512, RSASignaturePadding.Pss),
            "ES256" => (HashAlgorithmName.SHA256, null),
            "ES384" => (HashAlgorithmName.SHA384, null),
            "ES512" => (HashAlgorithmName.SHA512, null),
            _ => throw Unknown(algorithm),
        };

    /// <summary>Refuses a digest of another length, and an algorithm of another type of key or another curve.</summary>
    /// <exception cref="KeyVaultException">400.</exception>
    internal static void RequireFit(string algorithm, KeyShape shape, int digestLength)
    {
        var (hash, padding) = Signature(algorithm);
        var fits = shape.Type == KeyShape.Rsa ? padding is not null : padding is null && algorithm == EcAlgorithm(shape);
        if (!fits)
            throw KeyVaultRefusal.BadParameter(
                $"Key and signing algorithm are incompatible. Key type is '{shape.Type}', algorithm '{algorithm}'."
            );
        var wanted =
            hash.Name is "SHA256" ? 32
            : hash.Name is "SHA384" ? 48
            : 64;
        if (digestLength != wanted)
            throw KeyVaultRefusal.BadParameter($"Invalid length of 'value': {digestLength} bytes. {algorithm} requires {wanted}.");
    }

    private static string EcAlgorithm(KeyShape shape) =>
        shape.SizeBits switch
        {
            256 => "ES256",
            384 => "ES384",
            _ => "ES512",
        };

    private static KeyVaultException Unknown(string algorithm) => KeyVaultRefusal.BadParameter($"Unsupported algorithm: '{algorithm}'.");
}
