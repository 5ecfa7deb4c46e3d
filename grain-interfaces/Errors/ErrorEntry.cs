namespace RecoveryVault.Errors;

/// <summary>One row of the error table: the code, what causes it, and what to do.</summary>
public sealed record ErrorEntry(string Code, string Cause, string Fix)
{
    /// <summary>A few words for the head of a message.</summary>
    public string Title => ErrorTable.TitleOf(Code);
}
