using RecoveryVault.Identities;

namespace RecoveryVault.Cli.KeyVaults;

/// <summary>User-assigned identities: those of the store's keys, or those of a development server.</summary>
internal interface IIdentities
{
    Task<UserAssignedIdentity> CreateAsync(string name, CancellationToken cancellation);

    Task<IReadOnlyList<UserAssignedIdentity>> ListAsync(CancellationToken cancellation);

    /// <summary>By name or resource id; null when there is none.</summary>
    Task<UserAssignedIdentity?> FindAsync(string nameOrId, CancellationToken cancellation);

    Task DeleteAsync(string name, CancellationToken cancellation);
}

/// <summary>The identities of the store's keys.</summary>
internal sealed class StoreIdentities(UserAssignedIdentities identities) : IIdentities
{
    public Task<UserAssignedIdentity> CreateAsync(string name, CancellationToken cancellation) =>
        identities.CreateAsync(name, cancellation);

    public Task<IReadOnlyList<UserAssignedIdentity>> ListAsync(CancellationToken cancellation) => identities.ListAsync(cancellation);

    public Task<UserAssignedIdentity?> FindAsync(string nameOrId, CancellationToken cancellation) =>
        identities.FindAsync(nameOrId, cancellation);

    public Task DeleteAsync(string name, CancellationToken cancellation) => identities.DeleteAsync(name, cancellation);
}

/// <summary>The identities of a development server, by its management routes.</summary>
internal sealed class ServedIdentities(ManagementClient server) : IIdentities
{
    public Task<UserAssignedIdentity> CreateAsync(string name, CancellationToken cancellation) =>
        server.SendAsync(HttpMethod.Put, Path(name), IdentityJson.Default.UserAssignedIdentity, null, cancellation);

    public Task<IReadOnlyList<UserAssignedIdentity>> ListAsync(CancellationToken cancellation) =>
        server.SendAsync(HttpMethod.Get, "identities", IdentityJson.Default.IReadOnlyListUserAssignedIdentity, null, cancellation);

    public async Task<UserAssignedIdentity?> FindAsync(string nameOrId, CancellationToken cancellation) =>
        (await ListAsync(cancellation)).FirstOrDefault(i => Same(i.Name, nameOrId) || Same(i.Id, nameOrId));

    public Task DeleteAsync(string name, CancellationToken cancellation) => server.SendAsync(HttpMethod.Delete, Path(name), cancellation);

    private static bool Same(string left, string right) => left.Equals(right, StringComparison.OrdinalIgnoreCase);

    private static string Path(string name) => $"identities/{ManagementClient.Part(name)}";
}
