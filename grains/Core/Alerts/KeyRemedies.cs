using RecoveryVault.Errors;
using RecoveryVault.Keys;

namespace RecoveryVault.Alerts;

/// <summary>
/// Commands that mend a key, with its names filled in. Azure's own have the same words behind <c>az</c>.
/// </summary>
internal static class KeyRemedies
{
    /// <summary>Null where there is nothing better than what the error table says.</summary>
    public static string? Of(string code, KeyId keyId) =>
        code switch
        {
            ErrorCodes.UserErrorCMKKeyDisabled => $"Run '{Attributes(keyId)} --enabled true'.",
            ErrorCodes.UserErrorCMKKeyExpired =>
                $"Rotate the key with '{Key(keyId, "rotate")}', or extend it with '{Attributes(keyId)} --expires T'.",
            ErrorCodes.UserErrorCMKKeyNotYetValid => $"Wait for its time, or change that with '{Attributes(keyId)} --not-before T'.",
            _ => null,
        };

    /// <summary>What to do before a version expires.</summary>
    public static string Renew(string vaultName, KeyId keyId, bool follows) =>
        follows
            ? $"Run '{Key(keyId, "rotate")}': the vault takes the new version within the hour."
            : $"Run '{Key(keyId, "rotate")}', then 'rvault vault encryption update --name {vaultName} --encryption-key-id' with the new version's id.";

    private static string Attributes(KeyId keyId) => $"{Key(keyId, "set-attributes")} --version {keyId.Version}";

    private static string Key(KeyId keyId, string verb) =>
        $"{(KeyVaultConnector.IsLocal(keyId) ? "rvault" : "az")} keyvault key {verb} --vault-name {keyId.Host.Split('.')[0]} --name {keyId.Name}";
}
