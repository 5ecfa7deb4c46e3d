namespace RecoveryVault.Keys.Local;

/// <summary>What a key vault's firewall does with callers that no rule lets in.</summary>
public enum NetworkDefaultAction
{
    Allow,
    Deny,
}

/// <summary>What a new key vault is created with; the defaults are Azure's.</summary>
public sealed record KeyVaultCreation
{
    /// <summary>3 to 24 letters, digits and hyphens: first a letter, last no hyphen, no two hyphens in a row.</summary>
    public required string Name { get; init; }

    /// <summary>The region, which must be the backup vault's.</summary>
    public required string Location { get; init; }

    /// <summary>False makes a key vault like those from before soft delete was forced: deleting destroys at once.</summary>
    public bool EnableSoftDelete { get; init; } = true;

    /// <summary>How long a deleted key can be recovered: 7 to 90 days.</summary>
    public int RetentionDays { get; init; } = KeyVaultRecord.MaxRetentionDays;

    /// <summary>Nobody can purge before the retention ends; irreversible, needs soft delete.</summary>
    public bool EnablePurgeProtection { get; init; }

    /// <summary>Role assignments decide instead of access policies.</summary>
    public bool EnableRbacAuthorization { get; init; }

    /// <summary>Deny admits trusted services only.</summary>
    public NetworkDefaultAction DefaultAction { get; init; }

    /// <summary>The tenant whose principals it admits, a GUID; null: the installation's own.</summary>
    public string? TenantId { get; init; }
}

/// <summary>Changes to a key vault; null leaves a setting as it is.</summary>
public sealed record KeyVaultUpdate
{
    public bool? EnableSoftDelete { get; init; }

    public int? RetentionDays { get; init; }

    public bool? EnablePurgeProtection { get; init; }

    public bool? EnableRbacAuthorization { get; init; }

    public NetworkDefaultAction? DefaultAction { get; init; }

    /// <summary>
    /// The tenant whose principals it admits, a GUID. As in Azure, changing it takes away all access policies and roles, for they are of
    /// the other tenant's principals.
    /// </summary>
    public string? TenantId { get; init; }
}
