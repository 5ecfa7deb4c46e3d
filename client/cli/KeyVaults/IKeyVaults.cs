using RecoveryVault.Keys.Local;

namespace RecoveryVault.Cli.KeyVaults;

/// <summary>The key vaults that commands manage: those of the store's keys, or those of a development server.</summary>
internal interface IKeyVaults
{
    /// <summary>Whether the keys lie with the store, so that its recovery kits hold them.</summary>
    bool IsLocal { get; }

    Task<KeyVaultResource> CreateAsync(KeyVaultCreation creation, CancellationToken cancellation);

    Task<KeyVaultResource> UpdateAsync(string name, KeyVaultUpdate update, CancellationToken cancellation);

    Task<KeyVaultResource> ShowAsync(string name, CancellationToken cancellation);

    Task<IReadOnlyList<KeyVaultResource>> ListAsync(CancellationToken cancellation);

    Task<KeyVaultResource> SetPolicyAsync(string name, string objectId, IReadOnlyList<string> permissions, CancellationToken cancellation);

    Task<KeyVaultResource> DeletePolicyAsync(string name, string objectId, CancellationToken cancellation);

    Task<KeyVaultResource> AssignRoleAsync(string name, string objectId, string role, CancellationToken cancellation);

    Task<KeyVaultResource> RemoveRoleAsync(string name, string objectId, string role, CancellationToken cancellation);

    /// <summary>The keys of one key vault, as its owner sees them. Nothing is looked up yet.</summary>
    IKeys Open(string name);
}

/// <summary>The keys of one key vault, without their use: who manages keys wraps nothing with them.</summary>
internal interface IKeys
{
    Task<KeyBundle> CreateKeyAsync(string name, KeyCreation creation, CancellationToken cancellation);

    Task<KeyBundle> GetKeyAsync(string name, string? version, CancellationToken cancellation);

    Task<IReadOnlyList<KeyItem>> ListKeysAsync(CancellationToken cancellation);

    Task<IReadOnlyList<KeyItem>> ListVersionsAsync(string name, CancellationToken cancellation);

    Task<KeyBundle> UpdateKeyAsync(string name, string? version, KeyUpdate update, CancellationToken cancellation);

    Task<KeyBundle> RotateKeyAsync(string name, CancellationToken cancellation);

    Task<KeyBundle> DeleteKeyAsync(string name, CancellationToken cancellation);

    Task<KeyBundle> RecoverKeyAsync(string name, CancellationToken cancellation);

    Task PurgeKeyAsync(string name, CancellationToken cancellation);
}
