namespace RecoveryVault.Files;

/// <summary>What a walk leaves out.</summary>
public sealed record WalkOptions
{
    /// <summary>Leaves out what any of these matches.</summary>
    public IReadOnlyList<GlobPattern> Excludes { get; init; } = [];

    /// <summary>
    /// Leaves out what directories tagged as caches hold, all but the tag: a regular file <c>CACHEDIR.TAG</c> beginning with the signature
    /// of the Cache Directory Tagging Specification.
    /// </summary>
    public bool ExcludeCaches { get; init; }

    /// <summary>Keeps a directory on another file system than the source's root as an empty directory.</summary>
    public bool OneFileSystem { get; init; }

    /// <summary>Directories left out wherever they appear: the vault's own store, which must never be backed up into itself.</summary>
    public IReadOnlySet<InodeId> NeverEnter { get; init; } = new HashSet<InodeId>();

    /// <summary>Leaves the extended attributes of regular files to <see cref="WalkedEntry.TryOpen"/>.</summary>
    public bool ReadsAttributesOnOpening { get; init; }
}
