namespace RecoveryVault.Errors;

/// <summary>
/// The one table of error codes: cause and fix of each. A test checks that it names every code of <see cref="ErrorCodes"/> once.
/// </summary>
public static class ErrorTable
{
    /// <summary>All rows.</summary>
    public static IReadOnlyList<ErrorEntry> All { get; } =
    [
        new(ErrorCodes.InvalidName, "A name breaks the rules for its kind.", "Choose a name that follows the rule in the message."),
        new(ErrorCodes.CatalogueDamaged, "A node of the recovery point's catalogue breaks the format, though its seal holds.",
            "Verify the recovery point and restore an earlier one; report the fault, for no damage in the store can cause it."),
        new(ErrorCodes.CatalogueTooNew, "The recovery point's catalogue was written by a newer version.",
            "Use a version at least as new as the one that wrote it."),
    ];

    private static readonly Dictionary<string, ErrorEntry> ByCode = All.ToDictionary(entry => entry.Code, StringComparer.Ordinal);

    /// <summary>The row of a code; null when a newer peer sent a code this version does not know.</summary>
    public static ErrorEntry? Find(string code) => ByCode.GetValueOrDefault(code);
}
