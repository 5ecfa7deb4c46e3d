using RecoveryVault.Catalogues;

namespace RecoveryVault.Files.Comparison;

/// <summary>An entry as it was read for a backup.</summary>
/// <param name="Entry">Its metadata; the chunk list is not kept.</param>
/// <param name="Content">A regular file's <see cref="ContentDigest"/>, otherwise anything.</param>
/// <param name="AllocatedBytes">What it occupied on disk.</param>
public sealed record RecordedEntry(CatalogueEntry Entry, Digest Content, long AllocatedBytes);
