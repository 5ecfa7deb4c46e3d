using RecoveryVault.Keys.Local;

namespace RecoveryVault.Cli.KeyVaults;

/// <summary>The key vaults of a development server, by its management routes.</summary>
internal sealed class ServedKeyVaults(ManagementClient server) : IKeyVaults
{
    public bool IsLocal => false;

    public Task<KeyVaultResource> CreateAsync(KeyVaultCreation creation, CancellationToken cancellation)
    {
        var body = new KeyVaultBody(
            creation.Location,
            creation.EnableSoftDelete,
            creation.RetentionDays,
            creation.EnablePurgeProtection,
            creation.EnableRbacAuthorization,
            creation.DefaultAction
        );
        return ChangeAsync(HttpMethod.Put, Path(creation.Name), ManagementClient.Body(body, ServedJson.Default.KeyVaultBody), cancellation);
    }

    public Task<KeyVaultResource> UpdateAsync(string name, KeyVaultUpdate update, CancellationToken cancellation) =>
        ChangeAsync(HttpMethod.Patch, Path(name), ManagementClient.Body(update, ServedJson.Default.KeyVaultUpdate), cancellation);

    public Task<KeyVaultResource> ShowAsync(string name, CancellationToken cancellation) =>
        ChangeAsync(HttpMethod.Get, Path(name), null, cancellation);

    public Task<IReadOnlyList<KeyVaultResource>> ListAsync(CancellationToken cancellation) =>
        server.SendAsync(HttpMethod.Get, "keyvaults", KeyVaultJson.Rest.IReadOnlyListKeyVaultResource, null, cancellation);

    public Task<KeyVaultResource> SetPolicyAsync(
        string name,
        string objectId,
        IReadOnlyList<string> permissions,
        CancellationToken cancellation
    ) =>
        ChangeAsync(
            HttpMethod.Put,
            $"{Path(name)}/policies/{Part(objectId)}",
            ManagementClient.Body(new(permissions), ServedJson.Default.PolicyBody),
            cancellation
        );

    public Task<KeyVaultResource> DeletePolicyAsync(string name, string objectId, CancellationToken cancellation) =>
        ChangeAsync(HttpMethod.Delete, $"{Path(name)}/policies/{Part(objectId)}", null, cancellation);

    public Task<KeyVaultResource> AssignRoleAsync(string name, string objectId, string role, CancellationToken cancellation) =>
        ChangeAsync(HttpMethod.Put, $"{Path(name)}/roles/{Part(objectId)}?role={Part(role)}", null, cancellation);

    public Task<KeyVaultResource> RemoveRoleAsync(string name, string objectId, string role, CancellationToken cancellation) =>
        ChangeAsync(HttpMethod.Delete, $"{Path(name)}/roles/{Part(objectId)}?role={Part(role)}", null, cancellation);

    public IKeys Open(string name) => new ServedKeys(server, Path(name));

    private Task<KeyVaultResource> ChangeAsync(HttpMethod method, string path, HttpContent? body, CancellationToken cancellation) =>
        server.SendAsync(method, path, KeyVaultJson.Rest.KeyVaultResource, body, cancellation);

    private static string Path(string name) => $"keyvaults/{Part(name)}";

    private static string Part(string text) => ManagementClient.Part(text);
}
