using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RecoveryVault.Errors;

namespace RecoveryVault.Reports;

/// <summary>
/// A signed report as a file: <c>{"report":{…},"signature":{…}}</c>. How it is indented and in which order its names stand is of no
/// account: what is signed is the canonical form of <c>report</c>.
/// </summary>
public sealed record ReportDocument
{
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = 16 };

    public required JsonElement Report { get; init; }

    public required ReportSignature Signature { get; init; }

    /// <summary>As it comes from a silo.</summary>
    public static ReportDocument Of(SignedReport report)
    {
        using var content = JsonDocument.Parse(report.Content);
        return new ReportDocument
        {
            Report = content.RootElement.Clone(),
            Signature = new ReportSignature(ReportSignature.EcdsaP256, report.Key.KeyId, report.Key.PublicKey, report.Signature),
        };
    }

    /// <exception cref="VaultException">ReportUnreadable.</exception>
    public static ReportDocument Parse(ReadOnlyMemory<byte> file)
    {
        try
        {
            using var document = JsonDocument.Parse(file, Reading);
            var signature = document.RootElement.GetProperty("signature").Deserialize(ReportJson.Default.ReportSignature);
            return new ReportDocument
            {
                Report = document.RootElement.GetProperty("report").Clone(),
                Signature = signature ?? throw new FormatException(),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new VaultException(ErrorCodes.ReportUnreadable, "The file is no signed report: it lacks a report, or its signature.");
        }
    }

    /// <summary>
    /// Checks that one of the trusted keys signed this very content. The key that the file itself names is only compared: whoever forges a
    /// report also puts his own key into it.
    /// </summary>
    /// <exception cref="VaultException">ReportUnreadable, ReportOtherKey, ReportTampered.</exception>
    public void Verify(IReadOnlyCollection<ReportKey> trusted)
    {
        if (Signature.Algorithm != ReportSignature.EcdsaP256)
            throw Unreadable($"it is signed by '{Signature.Algorithm}', which this version does not know");
        var key =
            trusted.FirstOrDefault(k => k.PublicKey == Signature.PublicKey)
            ?? throw new VaultException(
                ErrorCodes.ReportOtherKey,
                $"The report is signed with the key {Fingerprint(Signature.PublicKey)}, not with {string.Join(" or ", trusted.Select(k => Fingerprint(k.PublicKey)))}."
            );
        if (!IsSignedBy(key))
            throw new VaultException(
                ErrorCodes.ReportTampered,
                "The signature is not that of this content: the report was changed after it was signed."
            );
    }

    /// <exception cref="VaultException">ReportUnreadable.</exception>
    public ReportHeader ReadHeader() =>
        Read(ReportJson.Default.ReportHeader) is { Format: ReportHeader.Format1 } header
            ? header
            : throw Unreadable("it has another form than this version knows");

    /// <summary>Reads the report as what its kind says it is.</summary>
    /// <exception cref="VaultException">ReportUnreadable.</exception>
    public T Read<T>(JsonTypeInfo<T> json)
    {
        try
        {
            return Report.Deserialize(json) ?? throw new FormatException("it is empty");
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw Unreadable(e.Message);
        }
    }

    /// <summary>SHA-256 of a public key (hex), to compare by eye or telephone.</summary>
    public static string Fingerprint(string publicKey)
    {
        Span<byte> der = new byte[publicKey.Length];
        return Convert.TryFromBase64String(publicKey, der, out var length)
            ? Convert.ToHexStringLower(SHA256.HashData(der[..length]))
            : "(no key)";
    }

    private bool IsSignedBy(ReportKey key)
    {
        try
        {
            using var ecdsa = ECDsa.Create();
            ecdsa.ImportSubjectPublicKeyInfo(Convert.FromBase64String(key.PublicKey), out _);
            var signature = Convert.FromBase64String(Signature.Value);
            return ecdsa.VerifyData(
                CanonicalDocument.Of(Report),
                signature,
                HashAlgorithmName.SHA256,
                DSASignatureFormat.Rfc3279DerSequence
            );
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            return false;
        }
    }

    private static VaultException Unreadable(string why) => new(ErrorCodes.ReportUnreadable, $"The report cannot be read: {why}.");
}

/// <summary>Who signed a report, and how.</summary>
/// <param name="Algorithm">Only <see cref="EcdsaP256"/>.</param>
/// <param name="KeyId">The platform key that the signing key is derived from.</param>
/// <param name="PublicKey">DER SubjectPublicKeyInfo, in base64.</param>
/// <param name="Value">The signature, DER, in base64.</param>
public sealed record ReportSignature(string Algorithm, string KeyId, string PublicKey, string Value)
{
    public const string EcdsaP256 = "ECDSA-P256-SHA256";
}
