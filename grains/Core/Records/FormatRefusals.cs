using RecoveryVault.Errors;
using RecoveryVault.Format;

namespace RecoveryVault.Records;

/// <summary>Turns damage found in stored bytes into the code and message a job or command fails with.</summary>
public static class FormatRefusals
{
    /// <param name="what">The sentence's subject, such as "The record 'x'".</param>
    /// <param name="isRecord">A record under the platform keyring, not an object under a data key.</param>
    public static VaultException ToVaultException(FormatFaultException fault, string what, bool isRecord = false) =>
        new(CodeOf(fault.Fault, isRecord), $"{what}: {fault.Message}");

    public static string CodeOf(FormatFault fault, bool isRecord = false) =>
        fault switch
        {
            FormatFault.BitRot => ErrorCodes.DataBitRot,
            FormatFault.WrongKey => isRecord ? ErrorCodes.WrongPlatformKey : ErrorCodes.WrongKey,
            FormatFault.TooNew => ErrorCodes.DataTooNew,
            _ => isRecord ? ErrorCodes.RecordTampered : ErrorCodes.DataTampered,
        };
}
