using static RecoveryVault.Errors.ErrorCodes;

namespace RecoveryVault.Errors;

// What can be wrong with a customer-managed key, and with the way to it.
public static partial class ErrorTable
{
    private static ErrorEntry[] KeyVaults() =>
        [
            new(
                KeyVaultUnreachable,
                "The key vault does not answer.",
                "Nothing is changed and nothing is lost: try again when it answers."
            ),
            new(
                KeyPermitLapsed,
                "The vault could not be asked whether its key is denied, so the session's keys rest.",
                "Nothing is revoked and nothing is lost: run the command again; what was stored is used again."
            ),
            new(
                RotationBlocked,
                "A key rotation cannot go on because a key version is refused.",
                "Enable that version again; the rotation then goes on by itself."
            ),
            new(
                RotationOverdue,
                "For two hours no look for a newer key version has succeeded, or a rotation has been under way.",
                "Run 'rvault vault encryption sync', which says what is in the way."
            ),
            new(
                KeyExpiresSoon,
                "A version of the key expires within 30 days: from then on backups stop, and restores go on.",
                "Rotate the key, or extend its expiry with 'rvault keyvault key set-attributes --expires T'."
            ),
        ];

    private static ErrorEntry[] CustomerManagedKeys() =>
        [
            new(
                UserErrorCMKVaultHasProtectedItems,
                "The vault has protected items, so its platform-managed keys stay.",
                "Create a new vault and assign the key before protecting anything in it."
            ),
            new(
                UserErrorCMKProtectionAttempted,
                "Somebody tried to protect an item in this vault before, so its platform-managed keys stay.",
                "Create a new vault and assign the key before protecting anything in it."
            ),
            new(
                UserErrorCMKCannotRevertToPMK,
                "A vault with a customer-managed key cannot go back to platform-managed keys.",
                "Assign another key, or create a new vault."
            ),
        ];

    private static ErrorEntry[] KeyIdentities() =>
        [
            new(
                UserErrorCMKVaultIdentityMissing,
                "The vault has no managed identity to open the key vault with.",
                "Run 'rvault vault identity assign --name VAULT --system-assigned'."
            ),
            new(
                UserErrorInfrastructureEncryptionImmutable,
                "Infrastructure encryption is chosen with a vault's first customer-managed key and never changed.",
                "Leave --infrastructure-encryption out to keep it as it is, or create another vault."
            ),
            new(
                IdentityNotFound,
                "There is no user-assigned identity of that name or id.",
                "See them with 'rvault identity list'; make one with 'rvault identity create'."
            ),
            new(
                UserErrorCMKAtCreateRequiresUserAssignedIdentity,
                "A new vault has no system-assigned identity yet, so it can open a key with a user-assigned one only.",
                "Name one with --mi-user-assigned, or create the vault first and assign the key then."
            ),
            new(
                UserErrorCMKIdentityInUse,
                "The identity opens the vault's customer-managed key.",
                "Keep it: without it backups and restores fail."
            ),
            new(
                UserErrorCMKUserIdentityPrivateEndpointUnsupported,
                "A vault whose key a user-assigned identity opens cannot have private endpoints.",
                "Open the key with the system-assigned identity, or do without private endpoints."
            ),
            new(
                UserErrorCMKMissingMangedIdentityPermissionOnKeyVault,
                "The vault's identity lacks a permission on the key vault.",
                "Run 'rvault keyvault set-policy --name KV --object-id ID --key-permissions get list wrapKey unwrapKey'."
            ),
            new(
                UserErrorCMKKeyVaultAuthFailure,
                "The key vault or the key does not exist or cannot be reached with the vault's identity.",
                "Check the key URI, that the key is not deleted, and the identity's access."
            ),
        ];

    private static ErrorEntry[] KeyRequirements() =>
        [
            new(
                UserErrorCMKSoftDeleteNotEnabledOnKeyVault,
                "The key vault has no soft delete.",
                "Run 'rvault keyvault update --name KV --enable-soft-delete true'."
            ),
            new(
                UserErrorCMKPurgeProtectionNotEnabledOnKeyVault,
                "The key vault has no purge protection.",
                "Run 'rvault keyvault update --name KV --enable-purge-protection true'."
            ),
            new(
                UserErrorCMKKeyTypeNotSupported,
                "The key is not an RSA key of 2048, 3072 or 4096 bits.",
                "Create one with 'rvault keyvault key create --kty RSA --size 3072'."
            ),
            new(
                UserErrorCMKKeyDisabled,
                "The key version is disabled.",
                "Run 'rvault keyvault key set-attributes --vault-name KV --name K --version V --enabled true'."
            ),
            new(
                UserErrorCMKKeyExpired,
                "The key version has expired: restores go on, backups do not.",
                "Rotate the key, or extend its expiry with 'rvault keyvault key set-attributes --expires T'."
            ),
            new(
                UserErrorCMKKeyNotYetValid,
                "The key version is not valid yet.",
                "Wait for its not-before time, or change it with 'rvault keyvault key set-attributes --not-before T'."
            ),
            new(
                UserErrorCMKKeyOperationNotPermitted,
                "The key does not permit wrapKey and unwrapKey.",
                "Allow both operations on the key."
            ),
            new(
                UserErrorCMKKeyVaultRegionMismatch,
                "The key vault is in another region than the vault.",
                "Use a key vault in the vault's region."
            ),
            new(
                UserErrorCMKInvalidKeyUri,
                "The key URI is malformed.",
                "Write https://KV.vault.localhost/keys/NAME, or with /VERSION at the end to pin a version."
            ),
            new(
                UserErrorCMKVaultMoveNotSupported,
                "A vault with a customer-managed key cannot be moved to another resource group or subscription.",
                "Leave it where it is, or create a new vault there."
            ),
        ];
}
