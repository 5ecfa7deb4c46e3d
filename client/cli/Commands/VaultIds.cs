using RecoveryVault.Errors;
using RecoveryVault.Vaults;

namespace RecoveryVault.Cli.Commands;

/// <summary>Ids of vaults as people write them.</summary>
internal static class VaultIds
{
    /// <exception cref="VaultException">InvalidRequest.</exception>
    public static VaultId Require(string text)
    {
        try
        {
            return VaultId.Parse(text);
        }
        catch (FormatException)
        {
            throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"'{text}' is no vault id: 32 hex digits.",
                "See the ids with 'rvault vault list-deleted'."
            );
        }
    }
}
