using System.Security.Cryptography;
using RecoveryVault.Keys;

namespace RecoveryVault.DevKeyVault.Rest;

/// <summary>Makes a key pair of the parameters of an import.</summary>
internal static class ImportedKeys
{
    /// <exception cref="KeyVaultException">400: they make no key pair.</exception>
    public static AsymmetricAlgorithm ToKey(ImportedKey key)
    {
        try
        {
            return key.Kty switch
            {
                "RSA" or "RSA-HSM" => RSA.Create(
                    new RSAParameters
                    {
                        Modulus = Bytes(key.N),
                        Exponent = Bytes(key.E),
                        D = Bytes(key.D),
                        P = Bytes(key.P),
                        Q = Bytes(key.Q),
                        DP = Bytes(key.Dp),
                        DQ = Bytes(key.Dq),
                        InverseQ = Bytes(key.Qi),
                    }
                ),
                "EC" or "EC-HSM" => ECDsa.Create(
                    new ECParameters
                    {
                        Curve = CurveOf(key.Crv),
                        D = Bytes(key.D),
                        Q = new() { X = Bytes(key.X), Y = Bytes(key.Y) },
                    }
                ),
                _ => throw Answers.BadParameter($"The kty '{key.Kty}' cannot be imported."),
            };
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw Answers.BadParameter("The key parameters make no key pair.");
        }
    }

    private static byte[] Bytes(SecretValue? part) =>
        part is null ? throw Answers.BadParameter("A parameter of the key is missing.") : part.Memory.ToArray();

    private static ECCurve CurveOf(string? name) =>
        name switch
        {
            "P-256" => ECCurve.NamedCurves.nistP256,
            "P-384" => ECCurve.NamedCurves.nistP384,
            "P-521" => ECCurve.NamedCurves.nistP521,
            _ => throw Answers.BadParameter($"The curve '{name}' is not supported."),
        };
}
