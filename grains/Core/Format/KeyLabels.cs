namespace RecoveryVault.Format;

/// <summary>
/// The first bytes of every derivation's info (FORMAT.md, section 1). None is the beginning of another, and what follows has a fixed
/// length: no two derivations are ever given the same input.
/// </summary>
internal static class KeyLabels
{
    public static ReadOnlySpan<byte> Object => "recoveryvault/1/object"u8;
    public static ReadOnlySpan<byte> Infrastructure => "recoveryvault/1/infrastructure"u8;
    public static ReadOnlySpan<byte> DekCommitment => "recoveryvault/1/dek-commitment"u8;
    public static ReadOnlySpan<byte> ItemIdKey => "recoveryvault/1/item-id-key"u8;
    public static ReadOnlySpan<byte> ChunkId => "recoveryvault/1/chunk-id"u8;
    public static ReadOnlySpan<byte> Head => "recoveryvault/1/head"u8;
    public static ReadOnlySpan<byte> Chunker => "recoveryvault/1/chunker"u8;
    public static ReadOnlySpan<byte> ReportKey => "recoveryvault/1/report-key"u8;
    public static ReadOnlySpan<byte> Record => "recoveryvault/1/record"u8;
}
