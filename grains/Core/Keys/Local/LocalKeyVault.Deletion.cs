namespace RecoveryVault.Keys.Local;

// Deleting and recovering keys. A key whose retention has ended is gone for every caller at once; its bytes go when its name is used
// again or a purge is asked for, so that a clock that jumped ahead and back destroys nothing by itself.
public sealed partial class LocalKeyVault
{
    /// <summary>Deletes a key with all its versions: recoverable in a key vault with soft delete, destroyed in one without.</summary>
    public Task<KeyBundle> DeleteKeyAsync(string name, CancellationToken cancellation = default) =>
        CallAsync(
            KeyPermissions.Delete,
            name,
            vault =>
                _blobs.UpdateKeyAsync(
                    vault.Name,
                    name,
                    existing =>
                    {
                        var key = RequireActive(existing, name);
                        var deleted = vault.EnableSoftDelete ? key.Delete(Now, vault.RetentionDays) : null;
                        return (deleted, Bundle(vault, deleted ?? key, key.Latest));
                    },
                    cancellation
                ),
            cancellation
        );

    /// <summary>Shows a deleted key that can be recovered.</summary>
    public Task<KeyBundle> GetDeletedKeyAsync(string name, CancellationToken cancellation = default) =>
        CallAsync(
            KeyPermissions.Get,
            name,
            vault =>
                _blobs.ReadKeyAsync(
                    vault.Name,
                    name,
                    key =>
                    {
                        var deleted = RequireRecoverable(key, name);
                        return Bundle(vault, deleted, deleted.Latest);
                    },
                    cancellation
                ),
            cancellation
        );

    /// <summary>All deleted keys that can be recovered, by name.</summary>
    public Task<IReadOnlyList<KeyItem>> ListDeletedKeysAsync(CancellationToken cancellation = default) =>
        CallAsync(KeyPermissions.List, null, vault => ListAsync(vault, key => key.IsRecoverable(Now), cancellation), cancellation);

    /// <summary>Brings a deleted key back with all its versions as they were.</summary>
    public Task<KeyBundle> RecoverDeletedKeyAsync(string name, CancellationToken cancellation = default) =>
        CallAsync(
            KeyPermissions.Recover,
            name,
            vault =>
                _blobs.UpdateKeyAsync(
                    vault.Name,
                    name,
                    existing =>
                    {
                        var key = RequireRecoverable(existing, name).Recover();
                        return (key, Bundle(vault, key, key.Latest));
                    },
                    cancellation
                ),
            cancellation
        );

    /// <summary>Destroys a deleted key for ever; refused under purge protection until the retention has ended.</summary>
    public async Task PurgeDeletedKeyAsync(string name, CancellationToken cancellation = default)
    {
        var wasThere = await CallAsync(
            KeyPermissions.Purge,
            name,
            vault =>
                _blobs.UpdateKeyAsync<bool>(
                    vault.Name,
                    name,
                    existing =>
                    {
                        if (existing is not { IsActive: false })
                            throw KeyVaultRefusal.DeletedKeyNotFound(name);
                        var recoverable = existing.IsRecoverable(Now);
                        if (recoverable && vault.EnablePurgeProtection)
                            throw KeyVaultRefusal.PurgeProtected(vault);
                        return (null, recoverable);
                    },
                    cancellation
                ),
            cancellation
        );
        // The service would have purged it already: destroyed now, and answered as then.
        if (!wasThere)
            throw KeyVaultRefusal.DeletedKeyNotFound(name);
    }

    private KeyRecord RequireRecoverable(KeyRecord? key, string name) =>
        key is not null && key.IsRecoverable(Now) ? key : throw KeyVaultRefusal.DeletedKeyNotFound(name);
}
