using System.Security.Cryptography;

namespace RecoveryVault.Keys.Local;

/// <summary>A key's type and size, and what follows from them.</summary>
/// <param name="Type">"RSA" or "EC".</param>
/// <param name="SizeBits">RSA 2048, 3072 or 4096; EC 256, 384 or 521.</param>
internal sealed record KeyShape(string Type, int SizeBits)
{
    public const string Rsa = "RSA";
    public const string Ec = "EC";

    private static readonly string[] RsaOperations =
    [
        "encrypt",
        "decrypt",
        "sign",
        "verify",
        KeyPermissions.WrapKey,
        KeyPermissions.UnwrapKey,
    ];

    private static readonly string[] EcOperations = ["sign", "verify"];

    /// <summary>The name of an EC key's curve.</summary>
    public string Curve => $"P-{SizeBits}";

    private ECCurve NamedCurve =>
        SizeBits switch
        {
            256 => ECCurve.NamedCurves.nistP256,
            384 => ECCurve.NamedCurves.nistP384,
            _ => ECCurve.NamedCurves.nistP521,
        };

    /// <exception cref="KeyVaultException">400: no such type, size or curve.</exception>
    public static KeyShape Of(KeyCreation request) =>
        request switch
        {
            { Kty: Rsa, Curve: null, KeySize: null or 2048 or 3072 or 4096 } => new(Rsa, request.KeySize ?? 2048),
            { Kty: Ec, KeySize: null, Curve: null or "P-256" } => new(Ec, 256),
            { Kty: Ec, KeySize: null, Curve: "P-384" } => new(Ec, 384),
            { Kty: Ec, KeySize: null, Curve: "P-521" } => new(Ec, 521),
            _ => throw KeyVaultRefusal.BadParameter(
                $"No key of type '{request.Kty}', size '{request.KeySize}' and curve '{request.Curve}' can be made. "
                    + "Want RSA of 2048, 3072 or 4096 bits, or EC on P-256, P-384 or P-521."
            ),
        };

    /// <exception cref="KeyVaultException">400: a key of a size or curve that cannot be imported.</exception>
    public static KeyShape Of(AsymmetricAlgorithm key) =>
        key switch
        {
            RSA { KeySize: 2048 or 3072 or 4096 } => new(Rsa, key.KeySize),
            ECDsa { KeySize: 256 or 384 or 521 } => new(Ec, key.KeySize),
            _ => throw KeyVaultRefusal.BadParameter($"A key of {key.KeySize} bits cannot be imported."),
        };

    /// <summary>The permitted operations in the service's spelling and order; all that the type can do when none are given.</summary>
    /// <exception cref="KeyVaultException">400: the type cannot do one of them.</exception>
    public IReadOnlyList<string> Operations(IReadOnlyList<string>? asked)
    {
        var possible = Type == Rsa ? RsaOperations : EcOperations;
        if (asked is null)
            return possible;
        var unknown = asked.FirstOrDefault(operation => !possible.Contains(operation, StringComparer.OrdinalIgnoreCase));
        return unknown is not null
            ? throw KeyVaultRefusal.BadParameter($"A key of type {Type} has no operation '{unknown}', only {string.Join(' ', possible)}.")
            : [.. possible.Where(operation => asked.Contains(operation, StringComparer.OrdinalIgnoreCase))];
    }

    /// <summary>Makes a key pair; a slow call: about a second for RSA 4096.</summary>
    public (PublicKey PublicKey, PrivateKey PrivateKey) Generate(Func<int, RSA> generateRsa)
    {
        using AsymmetricAlgorithm key = Type == Rsa ? generateRsa(SizeBits) : ECDsa.Create(NamedCurve);
        return (new(key.ExportSubjectPublicKeyInfo()), PrivateKey.Of(key));
    }
}
