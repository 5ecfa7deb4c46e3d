using RecoveryVault.Keys.Local;

namespace RecoveryVault.Cli.KeyVaults;

/// <summary>The key vaults of the store's keys.</summary>
internal sealed class StoreKeyVaults(LocalKeyVaults keyVaults) : IKeyVaults
{
    public bool IsLocal => true;

    public Task<KeyVaultResource> CreateAsync(KeyVaultCreation creation, CancellationToken cancellation) =>
        keyVaults.CreateAsync(creation, cancellation);

    public Task<KeyVaultResource> UpdateAsync(string name, KeyVaultUpdate update, CancellationToken cancellation) =>
        keyVaults.UpdateAsync(name, update, cancellation);

    public Task<KeyVaultResource> ShowAsync(string name, CancellationToken cancellation) => keyVaults.ShowAsync(name, cancellation);

    public Task<IReadOnlyList<KeyVaultResource>> ListAsync(CancellationToken cancellation) => keyVaults.ListAsync(cancellation);

    public Task<KeyVaultResource> SetPolicyAsync(
        string name,
        string objectId,
        IReadOnlyList<string> permissions,
        CancellationToken cancellation
    ) => keyVaults.SetPolicyAsync(name, objectId, permissions, cancellation);

    public Task<KeyVaultResource> DeletePolicyAsync(string name, string objectId, CancellationToken cancellation) =>
        keyVaults.DeletePolicyAsync(name, objectId, cancellation);

    public Task<KeyVaultResource> AssignRoleAsync(string name, string objectId, string role, CancellationToken cancellation) =>
        keyVaults.AssignRoleAsync(name, objectId, role, cancellation);

    public Task<KeyVaultResource> RemoveRoleAsync(string name, string objectId, string role, CancellationToken cancellation) =>
        keyVaults.RemoveRoleAsync(name, objectId, role, cancellation);

    public IKeys Open(string name) => new Keys(keyVaults.Open(LocalKeyVaults.HostOf(name), KeyVaultCaller.Owner));

    private sealed class Keys(LocalKeyVault vault) : IKeys
    {
        public Task<KeyBundle> CreateKeyAsync(string name, KeyCreation creation, CancellationToken cancellation) =>
            vault.CreateKeyAsync(name, creation, cancellation);

        public Task<KeyBundle> GetKeyAsync(string name, string? version, CancellationToken cancellation) =>
            vault.GetKeyBundleAsync(name, version, cancellation);

        public Task<IReadOnlyList<KeyItem>> ListKeysAsync(CancellationToken cancellation) => vault.ListKeysAsync(cancellation);

        public Task<IReadOnlyList<KeyItem>> ListVersionsAsync(string name, CancellationToken cancellation) =>
            vault.ListKeyVersionsAsync(name, cancellation);

        public Task<KeyBundle> UpdateKeyAsync(string name, string? version, KeyUpdate update, CancellationToken cancellation) =>
            vault.UpdateKeyAsync(name, version, update, cancellation);

        public Task<KeyBundle> RotateKeyAsync(string name, CancellationToken cancellation) => vault.RotateKeyAsync(name, cancellation);

        public Task<KeyBundle> DeleteKeyAsync(string name, CancellationToken cancellation) => vault.DeleteKeyAsync(name, cancellation);

        public Task<KeyBundle> RecoverKeyAsync(string name, CancellationToken cancellation) =>
            vault.RecoverDeletedKeyAsync(name, cancellation);

        public Task PurgeKeyAsync(string name, CancellationToken cancellation) => vault.PurgeDeletedKeyAsync(name, cancellation);
    }
}
