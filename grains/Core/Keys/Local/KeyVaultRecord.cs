using System.Text.RegularExpressions;

namespace RecoveryVault.Keys.Local;

/// <summary>
/// A key vault as it is kept: settings, access policies and role assignments. Changes return a new record or refuse as Azure does.
/// </summary>
internal sealed partial record KeyVaultRecord(
    int Format,
    string Name,
    string Location,
    bool EnableSoftDelete,
    int RetentionDays,
    bool EnablePurgeProtection,
    bool EnableRbacAuthorization,
    NetworkDefaultAction DefaultAction,
    IReadOnlyList<AccessPolicy> AccessPolicies,
    IReadOnlyList<RoleAssignment> RoleAssignments,
    string? TenantId = null
)
{
    public const int MinRetentionDays = 7;
    public const int MaxRetentionDays = 90;

    // Azure's limit of access policies per key vault.
    private const int MaxAccessPolicies = 1024;

    /// <summary>How well a key of this vault is protected against its loss, by the names of the REST API.</summary>
    public string RecoveryLevel =>
        !EnableSoftDelete
            ? "Purgeable"
            : (RetentionDays == MaxRetentionDays ? "Recoverable" : "CustomizedRecoverable") + (EnablePurgeProtection ? "" : "+Purgeable");

    /// <summary>How long a deleted key can be recovered; null without soft delete.</summary>
    public int? RecoverableDays => EnableSoftDelete ? RetentionDays : null;

    public static bool IsName(string name) => NameGrammar().IsMatch(name);

    /// <exception cref="KeyVaultException">400: the name, location, or settings break a rule.</exception>
    public static KeyVaultRecord Create(KeyVaultCreation request)
    {
        RequireName(request.Name);
        if (!LocationGrammar().IsMatch(request.Location))
            throw KeyVaultRefusal.BadRequest($"The provided location '{request.Location}' is no name of a region, such as westeurope.");
        RequireRetention(request.RetentionDays);
        if (request.EnablePurgeProtection && !request.EnableSoftDelete)
            throw PurgeProtectionNeedsSoftDelete();
        return new(
            RecordFormat.Current,
            request.Name,
            request.Location,
            request.EnableSoftDelete,
            request.RetentionDays,
            request.EnablePurgeProtection,
            request.EnableRbacAuthorization,
            request.DefaultAction,
            [],
            [],
            TenantOf(request.TenantId)
        );
    }

    /// <summary>The installation's own tenant is written as none.</summary>
    public KeyVaultRecord WithoutTenant(string own) => TenantId == own ? this with { TenantId = null } : this;

    private static string? TenantOf(string? tenantId) =>
        tenantId is null ? null
        : Guid.TryParse(tenantId, out var parsed) ? parsed.ToString()
        : throw KeyVaultRefusal.BadRequest($"The provided tenant id '{tenantId}' is no GUID.");

    /// <summary>Principals are of one tenant: what they were allowed goes with it.</summary>
    private KeyVaultRecord InTenant(string? tenantId) =>
        TenantOf(tenantId) is not { } next || next == TenantId
            ? this
            : this with
            {
                TenantId = next,
                AccessPolicies = [],
                RoleAssignments = [],
            };

    public static void RequireName(string name)
    {
        if (!IsName(name))
            throw KeyVaultRefusal.VaultNameNotValid(name);
    }

    public KeyVaultRecord Apply(KeyVaultUpdate update)
    {
        if (EnableSoftDelete && update.EnableSoftDelete == false)
            throw KeyVaultRefusal.SoftDeleteIsIrreversible();
        if (EnablePurgeProtection && update.EnablePurgeProtection == false)
            throw KeyVaultRefusal.PurgeProtectionIsIrreversible();
        if (update.RetentionDays is { } days)
        {
            RequireRetention(days);
            if (EnableSoftDelete && days != RetentionDays)
                throw KeyVaultRefusal.RetentionIsSet();
        }
        var softDelete = update.EnableSoftDelete ?? EnableSoftDelete;
        var purgeProtection = update.EnablePurgeProtection ?? EnablePurgeProtection;
        if (purgeProtection && !softDelete)
            throw PurgeProtectionNeedsSoftDelete();
        return InTenant(update.TenantId) with
        {
            EnableSoftDelete = softDelete,
            EnablePurgeProtection = purgeProtection,
            RetentionDays = update.RetentionDays ?? RetentionDays,
            EnableRbacAuthorization = update.EnableRbacAuthorization ?? EnableRbacAuthorization,
            DefaultAction = update.DefaultAction ?? DefaultAction,
        };
    }

    /// <summary>Gives a principal exactly these key permissions in place of those it had.</summary>
    public KeyVaultRecord WithPolicy(string objectId, IEnumerable<string> permissions)
    {
        RequireAccessPolicyModel();
        RequirePrincipal(objectId);
        var policy = new AccessPolicy(objectId, KeyPermissions.Canonical(permissions));
        var others = AccessPolicies.Where(existing => !Same(existing.ObjectId, objectId)).ToList();
        if (others.Count >= MaxAccessPolicies)
            throw KeyVaultRefusal.BadRequest($"A key vault has at most {MaxAccessPolicies} access policies.");
        return this with { AccessPolicies = [.. others, policy] };
    }

    public KeyVaultRecord WithoutPolicy(string objectId)
    {
        RequireAccessPolicyModel();
        var others = AccessPolicies.Where(existing => !Same(existing.ObjectId, objectId)).ToList();
        return others.Count < AccessPolicies.Count
            ? this with
            {
                AccessPolicies = others,
            }
            : throw KeyVaultRefusal.BadRequest("No matching policies found");
    }

    public KeyVaultRecord WithRole(string principalId, string role)
    {
        RequirePrincipal(principalId);
        var assignment = new RoleAssignment(principalId, KeyVaultRoles.Canonical(role));
        return this with { RoleAssignments = [.. RoleAssignments.Where(existing => !Same(existing, assignment)), assignment] };
    }

    public KeyVaultRecord WithoutRole(string principalId, string role)
    {
        var assignment = new RoleAssignment(principalId, KeyVaultRoles.Canonical(role));
        return this with { RoleAssignments = [.. RoleAssignments.Where(existing => !Same(existing, assignment))] };
    }

    /// <summary>Whether policies or roles, whichever the vault goes by, give the principal a permission.</summary>
    public bool Grants(string objectId, string permission) =>
        EnableRbacAuthorization
            ? RoleAssignments.Any(assignment => Same(assignment.PrincipalId, objectId) && KeyVaultRoles.Grants(assignment.Role, permission))
            : AccessPolicies.Any(policy => Same(policy.ObjectId, objectId) && KeyPermissions.Grants(policy.Permissions, permission));

    private void RequireAccessPolicyModel()
    {
        if (EnableRbacAuthorization)
            throw KeyVaultRefusal.PoliciesAreNotUsed();
    }

    private static void RequireRetention(int days)
    {
        if (days is >= MinRetentionDays and <= MaxRetentionDays)
            return;
        throw KeyVaultRefusal.BadRequest(
            $"The property \"softDeleteRetentionInDays\" must be between {MinRetentionDays} and {MaxRetentionDays}; got {days}."
        );
    }

    private static void RequirePrincipal(string objectId)
    {
        if (!PrincipalGrammar().IsMatch(objectId))
            throw KeyVaultRefusal.BadRequest("An object id has 1 to 128 letters, digits, hyphens, underscores and dots.");
    }

    private static KeyVaultException PurgeProtectionNeedsSoftDelete() =>
        KeyVaultRefusal.BadRequest("The property \"enablePurgeProtection\" needs \"enableSoftDelete\" to be true.");

    // Object ids are GUIDs, whose case means nothing.
    private static bool Same(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    private static bool Same(RoleAssignment left, RoleAssignment right) =>
        left.Role == right.Role && Same(left.PrincipalId, right.PrincipalId);

    [GeneratedRegex(@"\A(?=.{3,24}\z)[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex NameGrammar();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9 -]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex LocationGrammar();

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex PrincipalGrammar();
}

/// <summary>What an access policy gives one principal, in canonical names.</summary>
internal sealed record AccessPolicy(string ObjectId, IReadOnlyList<string> Permissions);

/// <summary>A role given to one principal at the key vault's scope.</summary>
internal sealed record RoleAssignment(string PrincipalId, string Role);
