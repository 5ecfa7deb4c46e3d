using System.Security.Cryptography;

namespace RecoveryVault.Keys.Local;

// Creating, showing and changing keys, with the answers of the REST API.
public sealed partial class LocalKeyVault
{
    /// <summary>Creates a key, or a new version of an existing one; 409 while a deleted key holds the name.</summary>
    public Task<KeyBundle> CreateKeyAsync(string name, KeyCreation request, CancellationToken cancellation = default) =>
        CallAsync(
            KeyPermissions.Create,
            name,
            async vault =>
            {
                var shape = KeyShape.Of(request);
                var (operations, tags) = (shape.Operations(request.KeyOps), KeyVersionRecord.RequireTags(request.Tags));
                // Asked before the slow making of the key; the write asks again.
                await _blobs.ReadKeyAsync(vault.Name, name, existing => RequireNameFree(existing, name), cancellation);
                using var version = NewVersion(shape, operations, tags).With(request);
                return await AddVersionAsync(vault, name, version, cancellation);
            },
            cancellation
        );

    /// <summary>
    /// Makes a new latest version of the type, size, operations and tags of the one before, enabled, and valid as long as the rotation
    /// policy says.
    /// </summary>
    public Task<KeyBundle> RotateKeyAsync(string name, CancellationToken cancellation = default) =>
        CallAsync(
            KeyPermissions.Rotate,
            name,
            async vault =>
            {
                using var version = await ReadVersionAsync(vault, name, null, NextVersion, cancellation);
                return await _blobs.UpdateKeyAsync(
                    vault.Name,
                    name,
                    existing =>
                    {
                        var key = RequireActive(existing, name).Add(version);
                        return (key, Bundle(vault, key, version));
                    },
                    cancellation
                );
            },
            cancellation
        );

    /// <summary>Shows a version of a key, the latest unless one is named.</summary>
    public Task<KeyBundle> GetKeyBundleAsync(string name, string? version = null, CancellationToken cancellation = default) =>
        CallAsync(
            KeyPermissions.Get,
            name,
            vault => ReadVersionAsync(vault, name, version, (key, found) => Bundle(vault, key, found), cancellation),
            cancellation
        );

    /// <summary>All keys by name, without versions; the attributes are those of the latest.</summary>
    public Task<IReadOnlyList<KeyItem>> ListKeysAsync(CancellationToken cancellation = default) =>
        CallAsync(KeyPermissions.List, null, vault => ListAsync(vault, key => key.IsActive, cancellation), cancellation);

    /// <summary>All versions of a key, oldest first.</summary>
    public Task<IReadOnlyList<KeyItem>> ListKeyVersionsAsync(string name, CancellationToken cancellation = default) =>
        CallAsync(
            KeyPermissions.List,
            name,
            vault => ReadVersionsAsync(vault, name, (key, version) => Item(vault, key, version), cancellation),
            cancellation
        );

    /// <summary>Changes the attributes of a version of a key, the latest unless one is named.</summary>
    public Task<KeyBundle> UpdateKeyAsync(string name, string? version, KeyUpdate update, CancellationToken cancellation = default) =>
        CallAsync(
            KeyPermissions.Update,
            name,
            vault =>
                _blobs.UpdateKeyAsync(
                    vault.Name,
                    name,
                    existing =>
                    {
                        var key = RequireActive(existing, name, version);
                        var changed = RequireVersion(key, version).Apply(update, Now);
                        return (key.Replace(changed), Bundle(vault, key, changed));
                    },
                    cancellation
                ),
            cancellation
        );

    private Task<KeyBundle> AddVersionAsync(KeyVaultRecord vault, string name, KeyVersionRecord version, CancellationToken cancellation) =>
        _blobs.UpdateKeyAsync(
            vault.Name,
            name,
            existing =>
            {
                var key = RequireNameFree(existing, name)?.Add(version) ?? new KeyRecord(RecordFormat.Current, name, [version]);
                return (key, Bundle(vault, key, version));
            },
            cancellation
        );

    private KeyVersionRecord NewVersion(KeyShape shape, IReadOnlyList<string> operations, IReadOnlyDictionary<string, string>? tags) =>
        NewVersion(shape, shape.Generate(_generateRsa), operations, tags);

    private KeyVersionRecord NewVersion(
        KeyShape shape,
        (PublicKey Public, PrivateKey Private) pair,
        IReadOnlyList<string> operations,
        IReadOnlyDictionary<string, string>? tags
    )
    {
        var now = Now;
        return new(
            RandomNumberGenerator.GetHexString(32, lowercase: true),
            shape,
            operations,
            Enabled: true,
            CreatedOn: now,
            UpdatedOn: now,
            pair.Public,
            pair.Private,
            Tags: tags
        );
    }

    /// <summary>The active key of the name; null when there is none or its retention has ended: then it is overwritten.</summary>
    private KeyRecord? RequireNameFree(KeyRecord? existing, string name) =>
        existing switch
        {
            { IsActive: true } => existing,
            { } deleted when deleted.IsRecoverable(Now) => throw KeyVaultRefusal.DeletedButRecoverable(name),
            _ => null,
        };

    private KeyBundle Bundle(KeyVaultRecord vault, KeyRecord key, KeyVersionRecord version) =>
        new(
            version.PublicKey.ToJsonWebKey(version.Shape, IdOf(key, version).ToString(), version.Operations),
            Attributes(vault, version),
            version.Tags,
            RecoveryId(key),
            key.DeletedOn,
            key.ScheduledPurgeOn
        );

    private KeyItem Item(KeyVaultRecord vault, KeyRecord key, KeyVersionRecord? version) =>
        new(
            IdOf(key, version).ToString(),
            Attributes(vault, version ?? key.Latest),
            (version ?? key.Latest).Tags,
            RecoveryId(key),
            key.DeletedOn,
            key.ScheduledPurgeOn
        );

    private string? RecoveryId(KeyRecord key) => key.IsActive ? null : $"https://{_host}/deletedkeys/{key.Name}";

    private static KeyAttributes Attributes(KeyVaultRecord vault, KeyVersionRecord version) =>
        new(
            version.Enabled,
            version.NotBefore,
            version.ExpiresOn,
            version.CreatedOn,
            version.UpdatedOn,
            vault.RecoveryLevel,
            vault.RecoverableDays
        );

    private async Task<IReadOnlyList<KeyItem>> ListAsync(KeyVaultRecord vault, Func<KeyRecord, bool> wanted, CancellationToken cancellation)
    {
        var items = new List<KeyItem>();
        foreach (var name in await _blobs.ListKeysAsync(vault.Name, cancellation))
        {
            // A key destroyed since the listing is left out.
            var item = await _blobs.ReadKeyAsync(
                vault.Name,
                name,
                key => key is not null && wanted(key) ? Item(vault, key, null) : null,
                cancellation
            );
            if (item is not null)
                items.Add(item);
        }
        return items;
    }
}
