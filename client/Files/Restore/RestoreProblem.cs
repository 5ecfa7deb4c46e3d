using RecoveryVault.Catalogues;

namespace RecoveryVault.Files.Restore;

/// <summary>How much of an entry a problem cost.</summary>
public enum RestoreProblemKind
{
    /// <summary>The entry is not there.</summary>
    NotRestored,

    /// <summary>
    /// The entry is not there, or of a directory what it holds, because that could not be read when it was backed up.
    /// </summary>
    NeverRead,

    /// <summary>The entry is there with its content, but something about it is not as it was.</summary>
    Incomplete,

    /// <summary>A hard link could not be made: the entry is a copy of the file it should be another name of.</summary>
    CopiedLink,
}

/// <summary>Something that could not be restored.</summary>
/// <param name="Path">Which entry.</param>
/// <param name="Kind">What it cost.</param>
/// <param name="Errno">The Linux error number; 0 when none is to blame.</param>
/// <param name="What">What was being done, for people.</param>
public sealed record RestoreProblem(RelativePath Path, RestoreProblemKind Kind, int Errno, string What)
{
    /// <summary>One line for people.</summary>
    public override string ToString() =>
        $"{(Path.IsRoot ? "." : Path.ToString())}: {What}{(Errno == 0 ? "" : $": {Native.Errno.Describe(Errno)}")}";
}
