using RecoveryVault.Catalogues;

namespace RecoveryVault.Files.Restore;

/// <summary>
/// A directory of the target while something may still be made in it: it is walked, or has files without their content, or such directories
/// below. When the last user lets go its metadata is set and it is forgotten.
/// </summary>
internal sealed class TargetDirectory(TargetDirectory? parent, RelativePath path, DirectoryNode? node, int failure = 0)
{
    internal TargetDirectory? Parent { get; } = parent;

    internal RelativePath Path { get; } = path;

    /// <summary>Null when it could not be made.</summary>
    internal DirectoryNode? Node { get; } = node;

    /// <summary>Why nothing can be made in it; 0 when it can.</summary>
    internal int Failure { get; } = failure;

    /// <summary>What to set at the end; null: nothing, the catalogue did not name it.</summary>
    internal CatalogueEntry? Entry { get; set; }

    internal int Users { get; set; }
}
