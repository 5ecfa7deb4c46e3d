namespace RecoveryVault.Errors;

/// <summary>The one table of error codes: cause and fix of each. A test checks that it names every code of <see cref="ErrorCodes"/> once.</summary>
public static class ErrorTable
{
    /// <summary>All rows.</summary>
    public static IReadOnlyList<ErrorEntry> All { get; } =
    [
        new(ErrorCodes.InvalidName, "A name breaks the rules for its kind.", "Choose a name that follows the rule in the message."),
        new(ErrorCodes.InvalidPattern, "An exclude pattern cannot be read or could never match.", "Correct the pattern as the message says."),
        new(ErrorCodes.SourceNotFound, "The source does not exist on this machine.", "Check the path, and that its file system is mounted."),
        new(ErrorCodes.SourceUnreadable, "The source exists but cannot be read.", "Run as a user who may read it, or change its permissions."),
        new(ErrorCodes.TargetNotDirectory, "The restore target is not a directory.", "Name a directory, or a path that does not exist yet."),
        new(ErrorCodes.TargetNotEmpty, "The restore target already holds something.", "Name an empty directory, or pass --overwrite."),
        new(ErrorCodes.TargetUnwritable, "The restore target cannot be made or written.", "Run as a user who may write there, or name another."),
        new(ErrorCodes.UnsafePath, "A catalogue names a path that is not plainly below its root.", "Restore an earlier recovery point; report the damage."),
    ];

    private static readonly Dictionary<string, ErrorEntry> ByCode = All.ToDictionary(entry => entry.Code, StringComparer.Ordinal);

    /// <summary>The row of a code; null when a newer peer sent a code this version does not know.</summary>
    public static ErrorEntry? Find(string code) => ByCode.GetValueOrDefault(code);
}
