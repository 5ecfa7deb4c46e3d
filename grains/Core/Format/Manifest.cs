using RecoveryVault.Catalogues;
using RecoveryVault.Items;
using RecoveryVault.Vaults;

namespace RecoveryVault.Format;

/// <summary>
/// What a backup counted: entries of the catalogue of every type, files and directories among them, content bytes in all without holes,
/// entries with a read error, entries left out by rule (what lay below an excluded directory not counted).
/// </summary>
public sealed record ManifestStatistics(long Entries, long Files, long Directories, long Bytes, long FilesUnreadable, long EntriesExcluded);

/// <summary>Where a recovery point's content came from: a machine's name and the absolute path on it, raw.</summary>
public sealed record ManifestSource(string Host, ReadOnlyMemory<byte> Path);

/// <summary>
/// What a recovery point is (FORMAT.md, section 5). It names no key version, generation, pack or place, so that its hash outlives rotation,
/// re-keying and repacking.
/// </summary>
public sealed record Manifest
{
    /// <summary>The longest manifest in bytes; the limits of its fields keep every one below.</summary>
    public const int MaxLength = 1 << 20;

    internal const long FormatVersion = 1;

    public required VaultId VaultId { get; init; }

    public required ItemId ItemId { get; init; }

    /// <summary>The recovery point's name.</summary>
    public required string RecoveryPoint { get; init; }

    /// <summary>Its number in the item's chain, from 1, without gaps.</summary>
    public required long Seq { get; init; }

    /// <summary>The head hash of number <see cref="Seq"/> - 1; <see cref="HeadHash.None"/> for number 1.</summary>
    public required HeadHash PrevHash { get; init; }

    public required ContentKind Kind { get; init; }

    /// <summary>The silo's time at commit, to 100 ns.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The client's id of the operation, by which a repeated commit is known.</summary>
    public required string OperationId { get; init; }

    public required CatalogueRoot Catalogue { get; init; }

    public required ManifestStatistics Statistics { get; init; }

    public required ManifestSource Source { get; init; }

    /// <summary>Not to be deleted before; null when only policy decides.</summary>
    public DateTimeOffset? RetainUntil { get; init; }

    /// <summary>The one encoding of this manifest: canonical JSON.</summary>
    /// <exception cref="ArgumentException">A field breaks a rule.</exception>
    public byte[] Encode() =>
        ManifestCodec.Violation(this) is { } violation
            ? throw new ArgumentException($"The manifest {violation}.")
            : ManifestCodec.Encode(this);

    /// <summary>Reads a manifest; any other encoding than <see cref="Encode"/>'s is refused.</summary>
    /// <exception cref="FormatFaultException">Malformed, TooNew.</exception>
    public static Manifest Decode(ReadOnlySpan<byte> json) => ManifestCodec.Decode(json);
}
