namespace RecoveryVault.Reports;

/// <summary>A report of a vault and the signature that lets somebody who has only the public key trust it.</summary>
/// <param name="Content">The report as canonical JSON (RFC 8785): these bytes in UTF-8 are what is signed.</param>
/// <param name="Signature">ECDSA P-256 with SHA-256, DER, in base64.</param>
/// <param name="Key">The key that signed it.</param>
[GenerateSerializer, Immutable, Alias("rv.SignedReport")]
public sealed record SignedReport([property: Id(0)] string Content, [property: Id(1)] string Signature, [property: Id(2)] ReportKey Key);

/// <summary>The public half of a key that signs a store's reports.</summary>
/// <param name="KeyId">The key of the platform keyring it is derived from, such as <c>platform:1</c>.</param>
/// <param name="PublicKey">DER SubjectPublicKeyInfo, in base64.</param>
[GenerateSerializer, Immutable, Alias("rv.ReportKey")]
public sealed record ReportKey([property: Id(0)] string KeyId, [property: Id(1)] string PublicKey);
