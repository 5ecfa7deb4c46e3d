using System.Buffers.Text;
using System.Security.Cryptography;

namespace RecoveryVault.Keys.Rest;

/// <summary>Size and thumbprint of the public half in an answer.</summary>
internal static class PublicKeys
{
    /// <returns>Zero and empty for a symmetric key; null when the parameters are no key.</returns>
    public static (int SizeBits, string Thumbprint)? Describe(RestJsonWebKey key)
    {
        try
        {
            return key.Kty switch
            {
                "RSA" or "RSA-HSM" => OfRsa(key),
                "EC" or "EC-HSM" => OfEc(key),
                "oct" or "oct-HSM" => (0, ""),
                _ => null,
            };
        }
        catch (Exception e) when (e is CryptographicException or FormatException or ArgumentException or PlatformNotSupportedException)
        {
            return null;
        }
    }

    private static (int, string) OfRsa(RestJsonWebKey key)
    {
        using var rsa = RSA.Create(new RSAParameters { Modulus = Decode(key.N), Exponent = Decode(key.E) });
        return (rsa.KeySize, Thumbprint(rsa));
    }

    private static (int, string) OfEc(RestJsonWebKey key)
    {
        var curve = key.Crv switch
        {
            "P-256" => ECCurve.NamedCurves.nistP256,
            "P-384" => ECCurve.NamedCurves.nistP384,
            "P-521" => ECCurve.NamedCurves.nistP521,
            _ => ECCurve.CreateFromFriendlyName("secp256k1"),
        };
        using var ec = ECDsa.Create(
            new ECParameters
            {
                Curve = curve,
                Q = new() { X = Decode(key.X), Y = Decode(key.Y) },
            }
        );
        return (ec.KeySize, Thumbprint(ec));
    }

    private static byte[] Decode(string? integer) => Base64Url.DecodeFromChars(integer);

    private static string Thumbprint(AsymmetricAlgorithm key) =>
        Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
}
