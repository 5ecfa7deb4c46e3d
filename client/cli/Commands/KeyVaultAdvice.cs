using RecoveryVault.Keys;

namespace RecoveryVault.Cli.Commands;

/// <summary>What to do about a key vault's refusal: its own words, which are Azure's, seldom say it.</summary>
internal static class KeyVaultAdvice
{
    public static string For(KeyVaultException fault) =>
        (fault.InnerCode ?? fault.Code) switch
        {
            "HostNotFound" or "ResourceNotFound" => "See the key vaults with 'rvault keyvault list'.",
            "VaultAlreadyExists" => "Choose another name, or use the key vault that is there.",
            "ObjectIsDeletedButRecoverable" => "Bring it back with 'rvault keyvault key recover', or choose another name.",
            _ => For(fault.Fault),
        };

    private static string For(KeyVaultFault fault) =>
        fault switch
        {
            KeyVaultFault.KeyNotFound =>
                "See the key's versions with 'rvault keyvault key list-versions'; a deleted key is brought back with "
                    + "'rvault keyvault key recover'.",
            KeyVaultFault.KeyDisabled => "Enable it with 'rvault keyvault key set-attributes --enabled true'.",
            KeyVaultFault.KeyExpired or KeyVaultFault.KeyNotYetValid =>
                "Change its time window with 'rvault keyvault key set-attributes', or rotate the key.",
            KeyVaultFault.NoPermission or KeyVaultFault.ForbiddenByFirewall => "Give access with 'rvault keyvault set-policy' or 'update'.",
            KeyVaultFault.OperationForbidden => "The key vault's settings forbid it: see 'rvault keyvault show'.",
            KeyVaultFault.BadParameter => "Correct what the message names.",
            _ => "Nothing is changed: try again.",
        };
}
