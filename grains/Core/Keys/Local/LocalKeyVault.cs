using System.Security.Cryptography;
using System.Text.RegularExpressions;
using RecoveryVault.Storage;

namespace RecoveryVault.Keys.Local;

/// <summary>
/// The keys of one local key vault as one caller sees them. Every operation is authorised anew, and before the key is looked at: a caller
/// without permission does not learn whether it exists.
/// </summary>
/// <remarks>
/// Life of a key: 1. created, its first version enabled or not; 2. each rotation adds a version, which is the latest from then on; 3.
/// versions are enabled, disabled and given validity windows one by one; 4. deleted, all versions together: with soft delete it can be
/// recovered until its retention ends, without it is destroyed; 5. purged, or its retention over: gone, and its name free.
/// </remarks>
public sealed partial class LocalKeyVault : IKeyVault
{
    private readonly string _host;
    private readonly string? _name;
    private readonly KeyVaultCaller _caller;
    private readonly KeyVaultBlobs _blobs;
    private readonly TimeProvider _time;
    private readonly string _tenantId;
    private readonly Func<int, RSA> _generateRsa;

    internal LocalKeyVault(
        string host,
        string? name,
        KeyVaultCaller caller,
        KeyVaultBlobs blobs,
        TimeProvider time,
        string tenantId,
        Func<int, RSA> generateRsa
    ) =>
        (_host, _name, _caller, _blobs, _time, _tenantId, _generateRsa) = (
            host.ToLowerInvariant(),
            name,
            caller,
            blobs,
            time,
            tenantId,
            generateRsa
        );

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    public Task<KeyVaultKey> GetKeyAsync(string name, string? version, CancellationToken cancellation = default) =>
        CallAsync(
            KeyPermissions.Get,
            name,
            vault => ReadVersionAsync(vault, name, version, (key, found) => Describe(vault, key, found), cancellation),
            cancellation
        );

    public Task<IReadOnlyList<KeyProperties>> ListVersionsAsync(string name, CancellationToken cancellation = default) =>
        CallAsync(
            KeyPermissions.List,
            name,
            vault => ReadVersionsAsync(vault, name, (key, version) => Properties(vault, key, version), cancellation),
            cancellation
        );

    public Task<WrapResult> WrapKeyAsync(KeyId key, ReadOnlyMemory<byte> keyMaterial, CancellationToken cancellation = default) =>
        CallAsync(
            KeyPermissions.WrapKey,
            RequireMine(key).Name,
            vault =>
                ReadVersionAsync(
                    vault,
                    key.Name,
                    key.Version,
                    (record, version) =>
                    {
                        version.RequireUsable(KeyPermissions.WrapKey, Now);
                        return new WrapResult(IdOf(record, version), version.PublicKey.Wrap(keyMaterial.Span));
                    },
                    cancellation
                ),
            cancellation
        );

    public Task<SecretBytes> UnwrapKeyAsync(KeyId key, ReadOnlyMemory<byte> encryptedKey, CancellationToken cancellation = default) =>
        CallAsync(
            KeyPermissions.UnwrapKey,
            RequireMine(key).Name,
            vault =>
                ReadVersionAsync(
                    vault,
                    key.Name,
                    key.Version,
                    (_, version) =>
                    {
                        version.RequireUsable(KeyPermissions.UnwrapKey, Now);
                        return version.PrivateKey.Unwrap(encryptedKey.Span);
                    },
                    cancellation
                ),
            cancellation
        );

    /// <summary>Refuses as any operation with this permission would before it looks at a key or a request.</summary>
    public Task RequireAsync(string permission, string? keyName, CancellationToken cancellation = default) =>
        CallAsync(permission, keyName, _ => Task.FromResult(true), cancellation);

    /// <summary>
    /// The one way into the key vault, in the order of the service: host, firewall, permission, then the key. What watches or disturbs
    /// calls as a whole (an audit trail, injected faults) belongs here.
    /// </summary>
    private async Task<T> CallAsync<T>(
        string permission,
        string? keyName,
        Func<KeyVaultRecord, Task<T>> operation,
        CancellationToken cancellation
    )
    {
        try
        {
            var found = _name is null ? null : await _blobs.ReadVaultAsync(_name, cancellation);
            var vault = found ?? throw KeyVaultRefusal.HostNotFound(_host);
            Authorise(vault, permission, keyName);
            if (keyName is not null && !KeyName().IsMatch(keyName))
                throw KeyVaultRefusal.BadParameter($"The request URI contains an invalid name: {keyName}");
            return await operation(vault);
        }
        catch (Exception failure) when (failure is BlobStoreException or CryptographicException)
        {
            // The record could not be had, or the key in it is none: no answer of the service, and so no denial.
            throw KeyVaultRefusal.StoreFailed(_host, failure);
        }
    }

    private void Authorise(KeyVaultRecord vault, string permission, string? keyName)
    {
        if (_caller.IsOwner)
            return;
        if (_caller.TenantId != vault.TenantId)
            throw KeyVaultRefusal.OtherTenant(vault, vault.TenantId ?? _tenantId, _caller.TenantId ?? _tenantId);
        if (vault.DefaultAction == NetworkDefaultAction.Deny && !_caller.IsTrustedService)
            throw KeyVaultRefusal.ForbiddenByFirewall(vault, _caller, _tenantId);
        if (vault.Grants(_caller.ObjectId, permission))
            return;
        throw vault.EnableRbacAuthorization
            ? KeyVaultRefusal.ForbiddenByRbac(vault, _caller, _tenantId, permission, keyName)
            : KeyVaultRefusal.ForbiddenByPolicy(vault, _caller, _tenantId, permission);
    }

    private Task<T> ReadVersionAsync<T>(
        KeyVaultRecord vault,
        string name,
        string? version,
        Func<KeyRecord, KeyVersionRecord, T> use,
        CancellationToken cancellation
    ) =>
        _blobs.ReadKeyAsync(
            vault.Name,
            name,
            record =>
            {
                var key = RequireActive(record, name, version);
                return use(key, RequireVersion(key, version));
            },
            cancellation
        );

    /// <summary>Makes something of each version of a key, oldest first.</summary>
    private Task<IReadOnlyList<T>> ReadVersionsAsync<T>(
        KeyVaultRecord vault,
        string name,
        Func<KeyRecord, KeyVersionRecord, T> use,
        CancellationToken cancellation
    ) =>
        _blobs.ReadKeyAsync<IReadOnlyList<T>>(
            vault.Name,
            name,
            record =>
            {
                var key = RequireActive(record, name);
                return [.. key.Versions.Select(version => use(key, version))];
            },
            cancellation
        );

    private static KeyRecord RequireActive(KeyRecord? key, string name, string? version = null) =>
        key is { IsActive: true } ? key : throw KeyVaultRefusal.KeyNotFound(name, version);

    private static KeyVersionRecord RequireVersion(KeyRecord key, string? version) =>
        key.Find(version) ?? throw KeyVaultRefusal.KeyNotFound(key.Name, version);

    private KeyId RequireMine(KeyId key) =>
        key.Host == _host ? key : throw new ArgumentException($"The key '{key}' is not of the key vault '{_host}'.", nameof(key));

    private KeyId IdOf(KeyRecord key, KeyVersionRecord? version) =>
        KeyId.Parse($"https://{_host}/keys/{key.Name}{(version is null ? "" : $"/{version.Version}")}");

    private KeyVaultKey Describe(KeyVaultRecord vault, KeyRecord key, KeyVersionRecord version) =>
        new(
            Properties(vault, key, version),
            version.Shape.Type,
            version.Shape.SizeBits,
            version.Operations,
            version.PublicKey.Thumbprint,
            vault.Location
        );

    private KeyProperties Properties(KeyVaultRecord vault, KeyRecord key, KeyVersionRecord version) =>
        new(
            IdOf(key, version),
            version.Enabled,
            DateTimeOffset.FromUnixTimeSeconds(version.CreatedOn),
            version.NotBefore is { } notBefore ? DateTimeOffset.FromUnixTimeSeconds(notBefore) : null,
            version.ExpiresOn is { } expiresOn ? DateTimeOffset.FromUnixTimeSeconds(expiresOn) : null,
            vault.RecoveryLevel
        );

    [GeneratedRegex(@"\A[0-9A-Za-z-]{1,127}\z", RegexOptions.CultureInvariant)]
    private static partial Regex KeyName();
}
