namespace RecoveryVault.Access;

/// <summary>Azure Backup's roles; each includes the ones before it.</summary>
public enum VaultRole
{
    /// <summary>Nobody's role; never sufficient.</summary>
    None = 0,

    /// <summary>Backup Reader: sees everything, changes nothing.</summary>
    BackupReader = 1,

    /// <summary>Backup Operator: protects, backs up and restores, but removes no data and changes no key.</summary>
    BackupOperator = 2,

    /// <summary>Backup Contributor: everything in a vault.</summary>
    BackupContributor = 3,
}

/// <summary>What a role is held on.</summary>
public enum AccessScope
{
    /// <summary>The whole store.</summary>
    Store,

    /// <summary>One vault.</summary>
    Vault,

    /// <summary>One protected item.</summary>
    Item,
}
