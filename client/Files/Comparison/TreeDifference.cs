using RecoveryVault.Catalogues;

namespace RecoveryVault.Files.Comparison;

/// <summary>In what a restored entry differs from what was recorded.</summary>
public enum TreeDifferenceKind
{
    /// <summary>Recorded, not restored.</summary>
    Missing,

    /// <summary>There, but not recorded.</summary>
    Extra,

    /// <summary>Another kind of entry.</summary>
    Type,

    /// <summary>A file's bytes or size.</summary>
    Content,

    /// <summary>Permission, set-id or sticky bits.</summary>
    Mode,

    /// <summary>Owner or group.</summary>
    Owner,

    /// <summary>Modification time.</summary>
    Time,

    /// <summary>A symbolic link's target.</summary>
    LinkTarget,

    /// <summary>A device's number.</summary>
    Device,

    /// <summary>Extended attributes, ACLs among them.</summary>
    Attributes,

    /// <summary>Names that were one file are several, or the other way round.</summary>
    HardLinks,

    /// <summary>A sparse file occupies far more than it did.</summary>
    Allocation,

    /// <summary>The restored entry cannot be read.</summary>
    Unreadable,
}

/// <summary>A difference: where, in what, and both sides for people.</summary>
public sealed record TreeDifference(RelativePath Path, TreeDifferenceKind Kind, string Detail)
{
    /// <summary>One line for people.</summary>
    public override string ToString() => $"{(Path.IsRoot ? "." : Path.ToString())}: {Kind}: {Detail}";
}
