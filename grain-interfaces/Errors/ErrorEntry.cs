namespace RecoveryVault.Errors;

/// <summary>One row of the error table: the code, what causes it, and what to do.</summary>
public sealed record ErrorEntry(string Code, string Cause, string Fix);
