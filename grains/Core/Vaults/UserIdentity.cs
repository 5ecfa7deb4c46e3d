using RecoveryVault.Keys;

namespace RecoveryVault.Vaults;

/// <summary>A user-assigned identity given to a vault.</summary>
/// <param name="Id">The resource id; case means nothing in it.</param>
/// <param name="PrincipalId">The object id; empty when only Azure knows it.</param>
/// <param name="ClientId">The application id; empty when only Azure knows it.</param>
/// <param name="TenantId">The tenant it is of, once the vault has left that; null: the vault's.</param>
public sealed record UserIdentity(string Id, string PrincipalId, string ClientId, string? TenantId = null)
{
    public VaultPrincipal Principal => new(PrincipalId.Length > 0 ? PrincipalId : Id, IsUserAssigned: true);

    /// <summary>Whether it is called that: by its resource id, or by the name at its end.</summary>
    public bool Is(string nameOrId) =>
        Id.Equals(nameOrId, StringComparison.OrdinalIgnoreCase) || Id.EndsWith("/" + nameOrId, StringComparison.OrdinalIgnoreCase);
}
