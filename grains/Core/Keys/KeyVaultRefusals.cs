using RecoveryVault.Errors;

namespace RecoveryVault.Keys;

/// <summary>Turns a key vault's refusal into the code and message a job or command fails with.</summary>
public static class KeyVaultRefusals
{
    public static string CodeOf(KeyVaultException fault) =>
        fault.Fault switch
        {
            KeyVaultFault.NoPermission => ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault,
            KeyVaultFault.KeyDisabled => ErrorCodes.UserErrorCMKKeyDisabled,
            KeyVaultFault.KeyExpired => ErrorCodes.UserErrorCMKKeyExpired,
            KeyVaultFault.KeyNotYetValid => ErrorCodes.UserErrorCMKKeyNotYetValid,
            KeyVaultFault.OperationForbidden => ErrorCodes.UserErrorCMKKeyOperationNotPermitted,
            KeyVaultFault.KeyNotFound or KeyVaultFault.ForbiddenByFirewall or KeyVaultFault.OtherTenant =>
                ErrorCodes.UserErrorCMKKeyVaultAuthFailure,
            KeyVaultFault.BadParameter or KeyVaultFault.Conflict => ErrorCodes.WrongKey,
            _ => ErrorCodes.KeyVaultUnreachable,
        };

    /// <summary>Why a key cannot unwrap what it once wrapped; null when it can.</summary>
    public static KeyVaultException? OfUnwrapping(KeyFacts? facts) => facts?.UnwrapFault ?? facts?.GetFault;

    public static VaultException ToVaultException(KeyVaultException fault, string what) =>
        new(CodeOf(fault), $"{what}: {fault.Message}", inner: null);
}
