using RecoveryVault.Errors;

namespace RecoveryVault.Vaults;

// R63: a vault goes to another tenant, with a customer-managed key too. Its identities stay behind: until they are made again in the new
// tenant, and may use a key there, nothing can be backed up or restored; and nothing is lost.
public sealed partial record VaultRecord
{
    /// <summary>The identity that opens the key is of another tenant than the vault.</summary>
    public bool IsIdentityForeign =>
        Settings.Encryption.UserIdentityId is { } id
            ? Settings.UserIdentities.FirstOrDefault(i => i.Is(id)) is { } user && IsForeign(user.TenantId)
            : Settings.SystemPrincipalId is not null && IsForeign(Settings.SystemTenantId);

    /// <summary>The tenant that a key vault sees its principal in; null: the installation's own.</summary>
    private string? PrincipalTenant => Settings.HomeTenantId is { } home && home != Settings.TenantId ? Settings.TenantId : null;

    private bool IsForeign(string? tenantId) => tenantId is not null && tenantId != Settings.TenantId;

    private VaultRecord MoveToTenant(string tenantId)
    {
        if (!Guid.TryParse(tenantId, out var parsed))
            throw Invalid($"'{tenantId}' is no tenant id: a GUID such as 11111111-2222-3333-4444-555555555555.");
        var next = parsed.ToString();
        if (next == Settings.TenantId)
            return this;
        return this with
        {
            Settings = Settings with
            {
                TenantId = next,
                HomeTenantId = Settings.HomeTenantId ?? Settings.TenantId,
                SystemTenantId = Settings.SystemPrincipalId is null ? null : Settings.SystemTenantId ?? Settings.TenantId,
                UserIdentities = [.. Settings.UserIdentities.Select(i => i with { TenantId = i.TenantId ?? Settings.TenantId })],
            },
        };
    }

    /// <summary>Refuses what needs the identity while it is of another tenant.</summary>
    public VaultException ForeignIdentity() =>
        new(
            ErrorCodes.UserErrorCMKKeyVaultAuthFailure,
            $"Vault '{Settings.Name}' was moved to tenant {Settings.TenantId}, and the identity that opens its key is of another one.",
            $"Run 'rvault vault identity assign --name {Settings.Name} --system-assigned', give the new principal access to the key, and assign a key of the new tenant."
        );
}
