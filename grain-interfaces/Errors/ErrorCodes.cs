namespace RecoveryVault.Errors;

/// <summary>
/// Every code a refusal or failure can carry: stable, never reused, explained in <see cref="ErrorTable"/>. Codes beginning with
/// <c>UserErrorCMK</c> follow Azure Backup; where Azure documents one, it is that very string.
/// </summary>
public static class ErrorCodes
{
    public const string InvalidName = nameof(InvalidName);
    public const string InvalidPattern = nameof(InvalidPattern);
    public const string SourceNotFound = nameof(SourceNotFound);
    public const string SourceUnreadable = nameof(SourceUnreadable);
    public const string TargetNotDirectory = nameof(TargetNotDirectory);
    public const string TargetNotEmpty = nameof(TargetNotEmpty);
    public const string TargetUnwritable = nameof(TargetUnwritable);
    public const string UnsafePath = nameof(UnsafePath);
}
