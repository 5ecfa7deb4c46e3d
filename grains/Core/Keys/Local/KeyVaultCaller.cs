namespace RecoveryVault.Keys.Local;

/// <summary>
/// Who calls a local key vault: its owner, who may do everything, or a principal that the key vault authorises at every call.
/// </summary>
public sealed record KeyVaultCaller
{
    private KeyVaultCaller(string objectId, string? applicationId, bool isTrustedService, bool isOwner, string? tenantId = null) =>
        (ObjectId, ApplicationId, IsTrustedService, IsOwner, TenantId) = (objectId, applicationId, isTrustedService, isOwner, tenantId);

    /// <summary>The administrator at the command line, who could read the keys directory anyway.</summary>
    public static KeyVaultCaller Owner { get; } = new("owner", null, isTrustedService: true, isOwner: true);

    /// <summary>The principal's object id (oid).</summary>
    public string ObjectId { get; }

    /// <summary>The application id (appid) that error messages name; null when it is not known.</summary>
    public string? ApplicationId { get; }

    /// <summary>
    /// Whether a key vault with default action Deny lets the caller in (its bypass is AzureServices). The system-assigned identity of a
    /// backup vault is trusted; a user-assigned one is not.
    /// </summary>
    public bool IsTrustedService { get; }

    /// <summary>Whether the caller is <see cref="Owner"/>.</summary>
    public bool IsOwner { get; }

    /// <summary>The tenant of the principal; null: the installation's own.</summary>
    public string? TenantId { get; }

    /// <summary>A principal that has only what access policies or role assignments give it.</summary>
    public static KeyVaultCaller Principal(
        string objectId,
        string? applicationId = null,
        bool isTrustedService = false,
        string? tenantId = null
    ) => new(objectId, applicationId, isTrustedService, isOwner: false, tenantId);
}
