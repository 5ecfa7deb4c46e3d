namespace RecoveryVault.Storage;

/// <summary>
/// The rule for blob names: 1 to 1,024 UTF-16 units of well-formed text without control characters, not beginning or ending with a slash.
/// </summary>
public static class BlobName
{
    /// <summary>The longest name in UTF-16 units (Azure Blob Storage's limit).</summary>
    public const int MaxLength = 1024;

    /// <exception cref="BlobStoreException"><see cref="BlobError.InvalidName"/>: the name breaks the rule.</exception>
    public static void Require(string name)
    {
        if (Fault(name) is { } fault)
            throw new BlobStoreException(BlobError.InvalidName, fault);
    }

    /// <summary>Whether a name keeps the rule.</summary>
    internal static bool IsValid(string name) => Fault(name) is null;

    private static string? Fault(string name)
    {
        if (name.Length is 0 or > MaxLength || name[0] == '/' || name[^1] == '/')
            return $"A blob name has 1 to {MaxLength} characters and no slash at either end; got {name.Length}.";
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsControl(name[i]))
                return "A blob name has no control characters.";
            if (char.IsHighSurrogate(name[i]) && i + 1 < name.Length && char.IsLowSurrogate(name[i + 1]))
                i++;
            else if (char.IsSurrogate(name[i]))
                return "A blob name is well-formed text.";
        }
        return null;
    }
}
