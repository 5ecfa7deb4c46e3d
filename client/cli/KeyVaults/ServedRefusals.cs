using System.Text.Json;
using RecoveryVault.Errors;
using RecoveryVault.Keys;

namespace RecoveryVault.Cli.KeyVaults;

/// <summary>What a development server refused, as the local key vault would have.</summary>
internal static class ServedRefusals
{
    /// <summary>The project's own refusals keep code and advice. Some of Key Vault's codes are spelled as others of ours.</summary>
    private static readonly string[] Ours = [ErrorCodes.InvalidName, ErrorCodes.ProtocolMismatch];

    public static Exception Of(int status, byte[] content, string endpoint, string tokenFile)
    {
        var error = Read(content);
        var message = error?.Message ?? $"{endpoint} answered with status {status}.";
        if (status == 401)
            return new VaultException(
                ErrorCodes.AccessDenied,
                $"The development Key Vault at {endpoint} does not take the token in {tokenFile}.",
                "Name the management-token file in the data directory which that server was started with."
            );
        return error?.Code is { } code && Ours.Contains(code)
            ? new VaultException(code, message)
            : new KeyVaultException(FaultOf(status, error?.Code), status, error?.Code ?? $"Http{status}", error?.InnerError?.Code, message);
    }

    private static KeyVaultFault FaultOf(int status, string? code) =>
        status switch
        {
            403 => KeyVaultFault.OperationForbidden,
            404 when code == "KeyNotFound" => KeyVaultFault.KeyNotFound,
            409 => KeyVaultFault.Conflict,
            >= 400 and < 500 => KeyVaultFault.BadParameter,
            _ => KeyVaultFault.Unreachable,
        };

    private static RefusalDetail? Read(byte[] content)
    {
        try
        {
            return JsonSerializer.Deserialize(content, ServedJson.Default.RefusalBody)?.Error;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
