using System.Text.Json.Serialization;

namespace RecoveryVault.Keys.Local;

/// <summary>A key vault as Azure Resource Manager and <c>az keyvault show</c> print it, reduced to what the local one has.</summary>
public sealed record KeyVaultResource(string Id, string Name, string Location, KeyVaultResourceProperties Properties)
{
    /// <summary>The resource group of every local key vault.</summary>
    internal const string ResourceGroup = "local";

    internal static string IdOf(string name) =>
        $"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/{ResourceGroup}/providers/Microsoft.KeyVault/vaults/{name}";

    internal static KeyVaultResource Of(KeyVaultRecord vault, string tenantId) =>
        new(
            IdOf(vault.Name),
            vault.Name,
            vault.Location,
            new(
                $"https://{LocalKeyVaults.HostOf(vault.Name)}/",
                vault.TenantId ?? tenantId,
                vault.EnableSoftDelete,
                vault.RetentionDays,
                vault.EnablePurgeProtection ? true : null,
                vault.EnableRbacAuthorization,
                new("AzureServices", vault.DefaultAction),
                [
                    .. vault.AccessPolicies.Select(policy => new AccessPolicyEntry(
                        policy.ObjectId,
                        vault.TenantId ?? tenantId,
                        new(policy.Permissions)
                    )),
                ],
                vault.EnableRbacAuthorization
                    ? [.. vault.RoleAssignments.Select(r => new RoleAssignmentEntry(r.PrincipalId, r.Role))]
                    : null
            )
        );
}

/// <summary>
/// The settings of a key vault. Purge protection is true or, as Azure prints it when it was never asked for, null; role assignments, which
/// in Azure are resources of their own, are there while they decide.
/// </summary>
public sealed record KeyVaultResourceProperties(
    string VaultUri,
    string TenantId,
    bool EnableSoftDelete,
    int SoftDeleteRetentionInDays,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] bool? EnablePurgeProtection,
    bool EnableRbacAuthorization,
    NetworkAcls NetworkAcls,
    IReadOnlyList<AccessPolicyEntry> AccessPolicies,
    IReadOnlyList<RoleAssignmentEntry>? RoleAssignments = null
);

/// <summary>The firewall; trusted services always pass it.</summary>
public sealed record NetworkAcls(string Bypass, NetworkDefaultAction DefaultAction);

/// <summary>One principal's permissions.</summary>
public sealed record AccessPolicyEntry(string ObjectId, string TenantId, AccessPolicyPermissions Permissions);

/// <summary>A role of one principal.</summary>
public sealed record RoleAssignmentEntry(string PrincipalId, string Role);

/// <summary>Permissions by kind of object; the local key vault holds keys only.</summary>
public sealed record AccessPolicyPermissions(IReadOnlyList<string> Keys);
