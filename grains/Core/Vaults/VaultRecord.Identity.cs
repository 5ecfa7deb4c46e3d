using RecoveryVault.Errors;

namespace RecoveryVault.Vaults;

public sealed partial record VaultRecord
{
    /// <summary>
    /// R24: switches the system-assigned identity on; the caller gives it a fresh object id. On already: nothing changes.
    /// </summary>
    public VaultRecord AssignSystemIdentity(string newPrincipalId) =>
        Settings.SystemPrincipalId is null ? this with { Settings = Settings with { SystemPrincipalId = newPrincipalId } } : this;

    /// <summary>R23: the identity that opens the customer-managed key stays.</summary>
    public VaultRecord RemoveSystemIdentity()
    {
        if (Settings.Encryption.IsCustomerManaged)
            throw new VaultException(
                ErrorCodes.UserErrorCMKIdentityInUse,
                $"The system-assigned identity of vault '{Settings.Name}' opens its customer-managed key."
            );
        return Settings.SystemPrincipalId is null ? this : this with { Settings = Settings with { SystemPrincipalId = null } };
    }

    public VaultIdentity ToIdentity() =>
        Settings.SystemPrincipalId is { } principal
            ? new VaultIdentity
            {
                Type = IdentityTypes.SystemAssigned,
                PrincipalId = principal,
                TenantId = Settings.TenantId,
            }
            : new VaultIdentity { Type = IdentityTypes.None };
}
