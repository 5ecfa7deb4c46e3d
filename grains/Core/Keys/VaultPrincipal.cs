namespace RecoveryVault.Keys;

/// <summary>
/// Whom a key vault sees when a vault asks. Written as the bare object id for a system-assigned identity, as <c>user-assigned:ID</c> for a
/// user-assigned one; with <c>@TENANT</c> behind it when the vault has left the installation's tenant.
/// </summary>
/// <param name="Id">The object id; for an identity of Azure's that only Azure can look up, its resource id.</param>
/// <param name="IsUserAssigned">A key vault's firewall trusts system-assigned identities and no user-assigned one.</param>
/// <param name="TenantId">The tenant it is of; null: the installation's own.</param>
public readonly record struct VaultPrincipal(string Id, bool IsUserAssigned, string? TenantId = null)
{
    private const string UserAssignedPrefix = "user-assigned:";

    public static VaultPrincipal Parse(string text)
    {
        var isUserAssigned = text.StartsWith(UserAssignedPrefix, StringComparison.Ordinal);
        var rest = isUserAssigned ? text[UserAssignedPrefix.Length..] : text;
        var at = rest.LastIndexOf('@');
        return at < 0 ? new(rest, isUserAssigned) : new(rest[..at], isUserAssigned, rest[(at + 1)..]);
    }

    public override string ToString() => (IsUserAssigned ? UserAssignedPrefix + Id : Id) + (TenantId is null ? "" : "@" + TenantId);
}
