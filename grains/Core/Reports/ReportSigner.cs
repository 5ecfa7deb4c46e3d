using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RecoveryVault.Format;
using RecoveryVault.Keys;

namespace RecoveryVault.Reports;

/// <summary>
/// Signs reports so that somebody who must not hold a secret of the store can check them. The private key is derived from the platform key
/// whenever it is used (FORMAT.md, section 1) and stored nowhere: it is kept, and lost, with the platform keyring.
/// </summary>
public sealed class ReportSigner(PlatformKeyring keyring)
{
    /// <summary>The order of P-256 (FIPS 186-5): a private key lies between 0 and it.</summary>
    private static readonly byte[] Order = Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");

    /// <summary>The store whose reports these are.</summary>
    public string StoreId => keyring.StoreId;

    /// <summary>Signs a report with the current platform key's signing key.</summary>
    public SignedReport Sign<T>(T report, JsonTypeInfo<T> json)
    {
        var content = CanonicalDocument.Of(JsonSerializer.SerializeToElement(report, json));
        using var key = Derive(keyring.Current);
        var signature = key.SignData(content, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return new SignedReport(Encoding.UTF8.GetString(content), Convert.ToBase64String(signature), PublicOf(keyring.Current.Id, key));
    }

    /// <summary>The public keys of all platform keys there are, the current one first.</summary>
    public IReadOnlyList<ReportKey> ListKeys() =>
        [.. keyring.Ids.OrderByDescending(id => id == keyring.CurrentId).ThenByDescending(id => id).Select(PublicOf)];

    private ReportKey PublicOf(uint keyId)
    {
        using var key = Derive(keyring.Find(keyId) ?? throw new InvalidOperationException($"There is no platform key {keyId}."));
        return PublicOf(keyId, key);
    }

    private static ReportKey PublicOf(uint keyId, ECDsa key) =>
        new(KeyVersions.Platform(keyId), Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()));

    /// <summary>The first value of a derived sequence that is a private key: the second is needed once in 2^32 platform keys.</summary>
    private static ECDsa Derive(PlatformKey platformKey)
    {
        var scalar = GC.AllocateArray<byte>(Order.Length, pinned: true);
        try
        {
            for (byte attempt = 0; ; attempt++)
            {
                HKDF.Expand(HashAlgorithmName.SHA256, platformKey.Secret.Span, scalar, [.. KeyLabels.ReportKey, attempt]);
                if (scalar.AsSpan().SequenceCompareTo(Order) < 0 && scalar.AsSpan().ContainsAnyExcept((byte)0))
                    return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = scalar });
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scalar);
        }
    }
}
