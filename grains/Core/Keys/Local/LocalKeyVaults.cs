using System.Security.Cryptography;
using RecoveryVault.Storage;

namespace RecoveryVault.Keys.Local;

/// <summary>
/// Software key vaults in a keys store, behaving as Azure Key Vault does: this is their management plane,
/// <see cref="Open(string, KeyVaultCaller)"/> leads to the keys of one. Nothing is cached, so that any number of processes can share the
/// store; every change is one conditional write.
/// </summary>
/// <param name="keys">The keys store; it must lie apart from the data.</param>
/// <param name="time">The clock of validity windows and retentions.</param>
/// <param name="tenantId">The tenant that resources and messages name.</param>
/// <param name="generateRsa">Makes an RSA key of so many bits; null: a fresh random one.</param>
/// <remarks>
/// All methods throw <see cref="KeyVaultException"/> as the service refuses, and <see cref="BlobStoreException"/> when the store fails.
/// </remarks>
public sealed class LocalKeyVaults(IBlobStore keys, TimeProvider time, string tenantId, Func<int, RSA>? generateRsa = null)
{
    private const string HostSuffix = ".vault.localhost";

    private readonly KeyVaultBlobs _blobs = new(keys);
    private readonly Func<int, RSA> _generateRsa = generateRsa ?? RSA.Create;

    /// <summary>The host of a key vault's URIs.</summary>
    public static string HostOf(string vaultName) => vaultName.ToLowerInvariant() + HostSuffix;

    /// <summary>Refuses what <see cref="CreateAsync"/> would refuse, before anything is made for it.</summary>
    public static void Require(KeyVaultCreation request) => KeyVaultRecord.Create(request);

    /// <summary>Creates a key vault; 409 when the name is taken.</summary>
    public async Task<KeyVaultResource> CreateAsync(KeyVaultCreation request, CancellationToken cancellation = default)
    {
        var created = KeyVaultRecord.Create(request).WithoutTenant(tenantId);
        return Describe(
            await _blobs.UpdateVaultAsync(
                created.Name,
                existing => existing is null ? created : throw KeyVaultRefusal.VaultAlreadyExists(created.Name),
                cancellation
            )
        );
    }

    /// <summary>Changes settings. Soft delete and purge protection, once on, stay on, and a retention once in force stays.</summary>
    public Task<KeyVaultResource> UpdateAsync(string name, KeyVaultUpdate update, CancellationToken cancellation = default) =>
        ChangeAsync(name, vault => vault.Apply(update).WithoutTenant(tenantId), cancellation);

    /// <summary>Shows a key vault; 404 when there is none.</summary>
    public async Task<KeyVaultResource> ShowAsync(string name, CancellationToken cancellation = default)
    {
        KeyVaultRecord.RequireName(name);
        return Describe(await _blobs.ReadVaultAsync(name, cancellation) ?? throw KeyVaultRefusal.VaultNotFound(name));
    }

    /// <summary>All key vaults by name.</summary>
    public async Task<IReadOnlyList<KeyVaultResource>> ListAsync(CancellationToken cancellation = default)
    {
        var vaults = new List<KeyVaultResource>();
        foreach (var name in await _blobs.ListVaultsAsync(cancellation))
            vaults.Add(await ShowAsync(name, cancellation));
        return vaults;
    }

    /// <summary>
    /// Gives a principal exactly these key permissions (<see cref="KeyPermissions"/>, any case) in place of those it had.
    /// </summary>
    public Task<KeyVaultResource> SetPolicyAsync(
        string name,
        string objectId,
        IEnumerable<string> keyPermissions,
        CancellationToken cancellation = default
    ) => ChangeAsync(name, vault => vault.WithPolicy(objectId, keyPermissions), cancellation);

    /// <summary>Takes a principal's access policy away; 400 when it has none.</summary>
    public Task<KeyVaultResource> DeletePolicyAsync(string name, string objectId, CancellationToken cancellation = default) =>
        ChangeAsync(name, vault => vault.WithoutPolicy(objectId), cancellation);

    /// <summary>Gives a principal one of <see cref="KeyVaultRoles"/>; it counts while RBAC authorization is on.</summary>
    public Task<KeyVaultResource> AssignRoleAsync(string name, string principalId, string role, CancellationToken cancellation = default) =>
        ChangeAsync(name, vault => vault.WithRole(principalId, role), cancellation);

    /// <summary>Takes a role away; done when the principal does not have it.</summary>
    public Task<KeyVaultResource> RemoveRoleAsync(string name, string principalId, string role, CancellationToken cancellation = default) =>
        ChangeAsync(name, vault => vault.WithoutRole(principalId, role), cancellation);

    /// <summary>
    /// The keys of one key vault as a caller sees them. Nothing is looked up yet: a host that names no key vault makes every call
    /// <see cref="KeyVaultVerdict.Unreachable"/>, as a name that does not resolve.
    /// </summary>
    /// <param name="host">The host of key URIs, <c>{name}.vault.localhost</c>.</param>
    /// <param name="caller">The owner or a principal.</param>
    public LocalKeyVault Open(string host, KeyVaultCaller caller) => new(host, NameOf(host), caller, _blobs, time, tenantId, _generateRsa);

    /// <summary>The same for a server: callers may name its port, and key ids carry it back.</summary>
    /// <param name="authority">Host and port of the request.</param>
    /// <param name="caller">The principal.</param>
    public LocalKeyVault OpenServed(string authority, KeyVaultCaller caller) =>
        new(authority, NameOf(authority.Split(':')[0]), caller, _blobs, time, tenantId, _generateRsa);

    /// <summary>The keys of one key vault as a principal sees them that is no trusted service.</summary>
    public IKeyVault Open(string host, string principalId) => Open(host, KeyVaultCaller.Principal(principalId));

    private static string? NameOf(string host)
    {
        if (!host.EndsWith(HostSuffix, StringComparison.OrdinalIgnoreCase))
            return null;
        var name = host[..^HostSuffix.Length];
        return KeyVaultRecord.IsName(name) ? name : null;
    }

    private async Task<KeyVaultResource> ChangeAsync(
        string name,
        Func<KeyVaultRecord, KeyVaultRecord> change,
        CancellationToken cancellation
    )
    {
        KeyVaultRecord.RequireName(name);
        return Describe(
            await _blobs.UpdateVaultAsync(name, vault => change(vault ?? throw KeyVaultRefusal.VaultNotFound(name)), cancellation)
        );
    }

    private KeyVaultResource Describe(KeyVaultRecord vault) => KeyVaultResource.Of(vault, tenantId);
}
