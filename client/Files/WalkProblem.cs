using RecoveryVault.Catalogues;

namespace RecoveryVault.Files;

/// <summary>What kept a walk from reading something whole.</summary>
public enum WalkProblemKind
{
    /// <summary>Something that is there could not be read.</summary>
    Unreadable,

    /// <summary>Listed, and gone before anything of it was known: a note, not an error. No entry stands for it.</summary>
    Vanished,

    /// <summary>Its metadata was read; it was gone before it was opened.</summary>
    VanishedBeforeOpen,

    /// <summary>Its metadata was read; something of another kind bore its name when it was opened.</summary>
    Replaced,
}

/// <summary>Something a walk could not read.</summary>
/// <param name="Path">Where.</param>
/// <param name="Kind">How it counts.</param>
/// <param name="Errno">The Linux error number.</param>
/// <param name="What">What was being read, for people.</param>
public sealed record WalkProblem(RelativePath Path, WalkProblemKind Kind, int Errno, string What)
{
    /// <summary>False for a note that makes no backup incomplete.</summary>
    public bool IsError => Kind != WalkProblemKind.Vanished;

    /// <summary>What it means that a name whose metadata was read a moment ago does not open, or not as what it was.</summary>
    internal static WalkProblemKind KindOf(int error) =>
        error switch
        {
            Native.Errno.ENOENT => WalkProblemKind.VanishedBeforeOpen,
            // By a symbolic link, a socket, no directory.
            Native.Errno.ESTALE or Native.Errno.ELOOP or Native.Errno.ENXIO or Native.Errno.ENOTDIR => WalkProblemKind.Replaced,
            _ => WalkProblemKind.Unreadable,
        };

    /// <summary>One line for people.</summary>
    public override string ToString() => $"{(Path.IsRoot ? "." : Path.ToString())}: {What}: {Native.Errno.Describe(Errno)}";
}
