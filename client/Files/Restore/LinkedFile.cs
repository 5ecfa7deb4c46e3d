using RecoveryVault.Catalogues;

namespace RecoveryVault.Files.Restore;

/// <summary>The first restored name of a file that has several, to which the others are linked once it is whole.</summary>
internal sealed class LinkedFile(TargetDirectory directory, RelativePath path)
{
    internal TargetDirectory Directory { get; } = directory;

    internal RelativePath Path { get; } = path;

    /// <summary>The inode made for it; null until it is whole.</summary>
    internal InodeId? Made { get; set; }

    internal bool Failed { get; set; }

    /// <summary>Names that came before it was whole.</summary>
    internal List<(TargetDirectory Directory, CatalogueEntry Entry)> Waiting { get; } = [];
}
