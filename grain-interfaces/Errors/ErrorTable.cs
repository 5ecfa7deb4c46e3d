namespace RecoveryVault.Errors;

/// <summary>The one table of error codes: cause and fix of each. A test checks that it names every code of <see cref="ErrorCodes"/> once.</summary>
public static class ErrorTable
{
    /// <summary>All rows.</summary>
    public static IReadOnlyList<ErrorEntry> All { get; } =
    [
        new(ErrorCodes.InvalidName, "A name breaks the rules for its kind.", "Choose a name that follows the rule in the message."),
        new(
            ErrorCodes.KeysExist,
            "A recovery kit would overwrite a different key of the same name.",
            "Restore into an empty keys directory, or move the present keys away first; nothing was changed."),
        new(
            ErrorCodes.PassphraseTooShort,
            "The passphrase of a recovery kit is too short.",
            "Choose a longer passphrase: several random words are good."),
        new(
            ErrorCodes.RecoveryKitDamaged,
            "The file is no recovery kit, or it was changed or cut off since it was written.",
            "Use another copy of the recovery kit."),
        new(
            ErrorCodes.RecoveryKitOtherStore,
            "The recovery kit holds the keys of another store.",
            "Use the recovery kit of this store, or name the store that the kit belongs to."),
        new(
            ErrorCodes.RecoveryKitTooLarge,
            "The keys directory holds more than a recovery kit can.",
            "Purge deleted keys that no backup needs, or copy the keys directory as it is."),
        new(ErrorCodes.RecoveryKitTooNew, "A newer version of the program wrote the recovery kit.", "Use that version, or a newer one."),
        new(
            ErrorCodes.RecoveryKitWrongPassphrase,
            "The passphrase is not the one that the recovery kit was written with.",
            "Try again with the right passphrase; without it the keys in the kit cannot be had."),
    ];

    private static readonly Dictionary<string, ErrorEntry> ByCode = All.ToDictionary(entry => entry.Code, StringComparer.Ordinal);

    /// <summary>The row of a code; null when a newer peer sent a code this version does not know.</summary>
    public static ErrorEntry? Find(string code) => ByCode.GetValueOrDefault(code);
}
