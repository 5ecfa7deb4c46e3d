namespace RecoveryVault.Errors;

/// <summary>
/// Every code a refusal or failure can carry: stable, never reused, explained in <see cref="ErrorTable"/>. Codes beginning with
/// <c>UserErrorCMK</c> follow Azure Backup; where Azure documents one, it is that very string.
/// </summary>
public static class ErrorCodes
{
    public const string InvalidName = nameof(InvalidName);
    public const string CatalogueDamaged = nameof(CatalogueDamaged);
    public const string CatalogueTooNew = nameof(CatalogueTooNew);
}
