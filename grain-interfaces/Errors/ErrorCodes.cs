namespace RecoveryVault.Errors;

/// <summary>
/// Every code a refusal or failure can carry: stable, never reused, explained in <see cref="ErrorTable"/>. Codes beginning with
/// <c>UserErrorCMK</c> follow Azure Backup; where Azure documents one, it is that very string.
/// </summary>
public static class ErrorCodes
{
    public const string InvalidName = nameof(InvalidName);

    public const string KeysExist = nameof(KeysExist);
    public const string PassphraseTooShort = nameof(PassphraseTooShort);
    public const string RecoveryKitDamaged = nameof(RecoveryKitDamaged);
    public const string RecoveryKitOtherStore = nameof(RecoveryKitOtherStore);
    public const string RecoveryKitTooLarge = nameof(RecoveryKitTooLarge);
    public const string RecoveryKitTooNew = nameof(RecoveryKitTooNew);
    public const string RecoveryKitWrongPassphrase = nameof(RecoveryKitWrongPassphrase);
}
