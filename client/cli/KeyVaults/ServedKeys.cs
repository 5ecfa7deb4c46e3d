using RecoveryVault.Keys.Local;

namespace RecoveryVault.Cli.KeyVaults;

/// <summary>The keys of one key vault of a development server, by its management routes.</summary>
internal sealed class ServedKeys(ManagementClient server, string vaultPath) : IKeys
{
    public Task<KeyBundle> CreateKeyAsync(string name, KeyCreation creation, CancellationToken cancellation)
    {
        var body = new KeyBody(creation.Kty, creation.KeySize, creation.Curve);
        return SendAsync(HttpMethod.Post, $"{Key(name)}/create", cancellation, ManagementClient.Body(body, ServedJson.Default.KeyBody));
    }

    public Task<KeyBundle> GetKeyAsync(string name, string? version, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Get, Key(name, version), cancellation);

    public Task<IReadOnlyList<KeyItem>> ListKeysAsync(CancellationToken cancellation) => ListAsync($"{vaultPath}/keys", cancellation);

    public Task<IReadOnlyList<KeyItem>> ListVersionsAsync(string name, CancellationToken cancellation) =>
        ListAsync($"{Key(name)}/versions", cancellation);

    public Task<KeyBundle> UpdateKeyAsync(string name, string? version, KeyUpdate update, CancellationToken cancellation)
    {
        var attributes = new AttributesBody(update.Enabled, Seconds(update.NotBefore), Seconds(update.ExpiresOn));
        var body = ManagementClient.Body(new(attributes), ServedJson.Default.KeyChangeBody);
        return SendAsync(HttpMethod.Patch, Key(name, version), cancellation, body);
    }

    public Task<KeyBundle> RotateKeyAsync(string name, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"{Key(name)}/rotate", cancellation);

    public Task<KeyBundle> DeleteKeyAsync(string name, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Delete, Key(name), cancellation);

    public Task<KeyBundle> RecoverKeyAsync(string name, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"{Deleted(name)}/recover", cancellation);

    public Task PurgeKeyAsync(string name, CancellationToken cancellation) =>
        server.SendAsync(HttpMethod.Delete, Deleted(name), cancellation);

    private Task<KeyBundle> SendAsync(HttpMethod method, string path, CancellationToken cancellation, HttpContent? body = null) =>
        server.SendAsync(method, path, KeyVaultJson.Rest.KeyBundle, body, cancellation);

    private Task<IReadOnlyList<KeyItem>> ListAsync(string path, CancellationToken cancellation) =>
        server.SendAsync(HttpMethod.Get, path, KeyVaultJson.Rest.IReadOnlyListKeyItem, null, cancellation);

    private string Key(string name, string? version = null) =>
        $"{vaultPath}/keys/{ManagementClient.Part(name)}{(version is null ? "" : $"/{ManagementClient.Part(version)}")}";

    private string Deleted(string name) => $"{vaultPath}/deletedkeys/{ManagementClient.Part(name)}";

    private static long? Seconds(DateTimeOffset? time) => time?.ToUnixTimeSeconds();
}
