namespace RecoveryVault.Keys;

/// <summary>
/// Whom a key vault sees when a vault asks. Written as the bare object id for a system-assigned identity, as <c>user-assigned:ID</c> for a
/// user-assigned one.
/// </summary>
/// <param name="Id">The object id; for an identity of Azure's that only Azure can look up, its resource id.</param>
/// <param name="IsUserAssigned">A key vault's firewall trusts system-assigned identities and no user-assigned one.</param>
public readonly record struct VaultPrincipal(string Id, bool IsUserAssigned)
{
    private const string UserAssignedPrefix = "user-assigned:";

    public static VaultPrincipal Parse(string text) =>
        text.StartsWith(UserAssignedPrefix, StringComparison.Ordinal)
            ? new(text[UserAssignedPrefix.Length..], true)
            : new(text, IsUserAssigned: false);

    public override string ToString() => IsUserAssigned ? UserAssignedPrefix + Id : Id;
}
