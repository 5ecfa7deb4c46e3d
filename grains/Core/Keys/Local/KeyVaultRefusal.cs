namespace RecoveryVault.Keys.Local;

/// <summary>
/// Every refusal of the local key vault with the real service's status, code, inner code and text. Texts come from recorded answers,
/// public issues and SDK tests; where none is public, the comment says so.
/// </summary>
internal static class KeyVaultRefusal
{
    private const string Forbidden = "Forbidden";

    /// <summary>A management request that breaks a rule of Azure Resource Manager.</summary>
    public static KeyVaultException BadRequest(string message) => new(KeyVaultFault.BadParameter, 400, "BadRequest", null, message);

    public static KeyVaultException SoftDeleteIsIrreversible() =>
        BadRequest(
            "The property \"enableSoftDelete\" can be set to false only for creating new vault. Enabling the 'soft delete' functionality is an "
                + "irreversible action."
        );

    public static KeyVaultException PurgeProtectionIsIrreversible() =>
        BadRequest(
            "The property \"enablePurgeProtection\" cannot be set to false. Enabling the purge protection for a vault is an irreversible "
                + "action."
        );

    public static KeyVaultException RetentionIsSet() =>
        BadRequest("The property \"softDeleteRetentionInDays\" has been set already and it can't be modified.");

    public static KeyVaultException PoliciesAreNotUsed() =>
        BadRequest("Cannot set policies to a vault with '--enable-rbac-authorization' specified");

    public static KeyVaultException VaultNameNotValid(string name) =>
        new(
            KeyVaultFault.BadParameter,
            400,
            "VaultNameNotValid",
            null,
            $"The vault name '{name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a "
                + "letter, end with a letter or digit, and not contain consecutive hyphens."
        );

    public static KeyVaultException VaultAlreadyExists(string name) =>
        new(KeyVaultFault.Conflict, 409, "VaultAlreadyExists", null, $"The vault name '{name}' is already in use.");

    public static KeyVaultException VaultNotFound(string name) =>
        new(
            KeyVaultFault.BadParameter,
            404,
            "ResourceNotFound",
            null,
            $"The Resource 'Microsoft.KeyVault/vaults/{name}' under resource group '{KeyVaultResource.ResourceGroup}' was not found."
        );

    /// <summary>The host names no key vault here: the name does not resolve, which says nothing about any key.</summary>
    public static KeyVaultException HostNotFound(string host) =>
        new(KeyVaultFault.Unreachable, 0, "HostNotFound", null, $"The key vault at '{host}' cannot be reached: no such host is known.");

    public static KeyVaultException StoreFailed(string host, Exception cause) =>
        new(
            KeyVaultFault.Unreachable,
            500,
            "InternalServerError",
            null,
            $"The key vault at '{host}' could not use its store: {cause.Message}",
            cause
        );

    /// <summary>A request whose value the service does not take.</summary>
    public static KeyVaultException BadParameter(string message) => new(KeyVaultFault.BadParameter, 400, "BadParameter", null, message);

    /// <summary>The one answer to everything that can be wrong with wrapped key material, so that it is no padding oracle.</summary>
    public static KeyVaultException ParameterIncorrect() => BadParameter("The parameter is incorrect.");

    public static KeyVaultException ForbiddenByFirewall(KeyVaultRecord vault, KeyVaultCaller caller, string tenantId) =>
        new(
            KeyVaultFault.ForbiddenByFirewall,
            403,
            Forbidden,
            "ForbiddenByFirewall",
            $"Client address is not authorized and caller is not a trusted service.\r\nClient address: 127.0.0.1\r\n"
                + $"Caller: {Claims(caller, tenantId)}\r\nVault: {vault.Name};location={vault.Location}"
        );

    /// <summary>The service's words; there they come with a 401, for tokens of other tenants do not get past its door.</summary>
    public static KeyVaultException OtherTenant(KeyVaultRecord vault, string expected, string found) =>
        new(
            KeyVaultFault.OtherTenant,
            401,
            "Unauthorized",
            "AKV10032",
            $"AKV10032: Invalid issuer. Expected one of https://sts.windows.net/{expected}/, found https://sts.windows.net/{found}/. "
                + $"Vault: {vault.Name};location={vault.Location}"
        );

    public static KeyVaultException ForbiddenByPolicy(KeyVaultRecord vault, KeyVaultCaller caller, string tenantId, string permission) =>
        new(
            KeyVaultFault.NoPermission,
            403,
            Forbidden,
            "ForbiddenByPolicy",
            $"The user, group or application '{Claims(caller, tenantId)}' does not have keys {permission} permission on key vault "
                + $"'{vault.Name};location={vault.Location}'. For help resolving this issue, please see "
                + "https://go.microsoft.com/fwlink/?linkid=2125287"
        );

    public static KeyVaultException ForbiddenByRbac(
        KeyVaultRecord vault,
        KeyVaultCaller caller,
        string tenantId,
        string permission,
        string? keyName
    ) =>
        new(
            KeyVaultFault.NoPermission,
            403,
            Forbidden,
            "ForbiddenByRbac",
            "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed "
                + $"recently, please observe propagation time.\r\nCaller: {Claims(caller, tenantId)}\r\n"
                + $"Action: '{KeyVaultRoles.DataAction(permission)}'\r\n"
                + $"Resource: '{KeyVaultResource.IdOf(vault.Name)}{(keyName is null ? "" : $"/keys/{keyName}")}'\r\n"
                + "Assignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null \r\n"
                + $"Vault: {vault.Name};location={vault.Location}\r\n"
        );

    public static KeyVaultException KeyNotFound(string name, string? version) =>
        new(
            KeyVaultFault.KeyNotFound,
            404,
            "KeyNotFound",
            null,
            $"A key with (name/id) {(version is null ? name : $"{name}/{version}")} was not found in this key vault. If you recently "
                + "deleted this key you may be able to recover it using the correct recovery command. For help resolving this issue, please see "
                + "https://go.microsoft.com/fwlink/?linkid=2125182"
        );

    public static KeyVaultException DeletedKeyNotFound(string name) =>
        new(KeyVaultFault.KeyNotFound, 404, "KeyNotFound", null, $"Deleted Key not found: {name}");

    public static KeyVaultException DeletedButRecoverable(string name) =>
        new(
            KeyVaultFault.Conflict,
            409,
            "Conflict",
            "ObjectIsDeletedButRecoverable",
            $"Key {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be "
                + "recovered or purged."
        );

    /// <summary>Restoring under a name in use. The text follows the service's for secrets; the one for keys is not public.</summary>
    public static KeyVaultException KeyAlreadyExists(string name) =>
        new(
            KeyVaultFault.Conflict,
            409,
            "Conflict",
            null,
            $"There was a conflict restoring the key '{name}' to this key vault. A key with that name already exists."
        );

    public static KeyVaultException BackupMalformed() => BadParameter("The specified backup is malformed or of another key vault service.");

    /// <summary>Somebody else kept changing the record.</summary>
    public static KeyVaultException TooManyConflicts(string name) =>
        new(KeyVaultFault.Conflict, 409, "Conflict", null, $"'{name}' is being changed by many callers at once; try again.");

    public static KeyVaultException PurgeProtected(KeyVaultRecord vault) =>
        new(
            KeyVaultFault.OperationForbidden,
            403,
            Forbidden,
            null,
            "Operation \"purge\" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically "
                + $"purge it after the retention period has passed.\r\nVault: {vault.Name};location={vault.Location}"
        );

    public static KeyVaultException KeyDisabled(string operation) =>
        new(KeyVaultFault.KeyDisabled, 403, Forbidden, "KeyDisabled", $"Operation {operation} is not allowed on a disabled key.");

    public static KeyVaultException OperationForbidden(string operation) =>
        new(
            KeyVaultFault.OperationForbidden,
            403,
            Forbidden,
            "KeyOperationForbidden",
            $"Operation {operation} is not permitted on this key."
        );

    /// <summary>The text follows the service's "is not allowed on an expired secret"; the one for keys is not public.</summary>
    public static KeyVaultException KeyExpired(string operation) =>
        new(KeyVaultFault.KeyExpired, 403, Forbidden, "KeyExpired", $"Operation {operation} is not allowed on an expired key.");

    /// <summary>The inner code is public, the text is not.</summary>
    public static KeyVaultException KeyNotYetValid(string operation) =>
        new(
            KeyVaultFault.KeyNotYetValid,
            403,
            Forbidden,
            "KeyNotYetValid",
            $"Operation {operation} is not allowed on a key that is not yet valid."
        );

    private static string Claims(KeyVaultCaller caller, string tenantId) =>
        (caller.ApplicationId is null ? "" : $"appid={caller.ApplicationId};")
        + $"oid={caller.ObjectId};iss=https://sts.windows.net/{tenantId}/";
}
