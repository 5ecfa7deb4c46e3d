using RecoveryVault.Connections;
using RecoveryVault.Errors;

namespace RecoveryVault.Cli.KeyVaults;

/// <summary>What opens the management routes of a development server: the content of a file that only its user can read.</summary>
internal sealed class ManagementToken
{
    public const string FileVariable = "RVAULT_KEYVAULT_TOKEN_FILE";

    private const int MaxLength = 1024;

    private ManagementToken(string file, string value) => (File, Value) = (file, value);

    public string File { get; }

    public string Value { get; }

    /// <exception cref="VaultException">InvalidRequest: there is none, others may read it, or it is no token.</exception>
    public static ManagementToken Read(string? file)
    {
        if (file is null)
            throw Invalid("it is not set", $"Set {FileVariable} to the management-token file in the server's data directory.");
        try
        {
            using var opened = new FileStream(file, FileMode.Open, FileAccess.Read);
            if (OwnerOnly.IsOpenToOthers(opened.SafeFileHandle))
                throw Invalid(
                    $"other users can read or change {file}",
                    $"Run 'chmod 600 {file}', or start the server again, which does it."
                );
            using var reader = new StreamReader(opened);
            var buffer = new char[MaxLength];
            var text = new string(buffer, 0, reader.ReadBlock(buffer)).Trim();
            return text.Length is >= 32 and < MaxLength && text.All(char.IsAsciiHexDigit)
                ? new(file, text)
                : throw Invalid($"{file} holds no token", "Name the management-token file in the server's data directory.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Invalid(e.Message, "Name the management-token file in the server's data directory.");
        }
    }

    public override string ToString() => "ManagementToken(redacted)";

    private static VaultException Invalid(string why, string fix) =>
        new(ErrorCodes.InvalidRequest, $"The key vaults are those of a development server, and {FileVariable} cannot be used: {why}.", fix);
}
