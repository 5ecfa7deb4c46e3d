using RecoveryVault.Tests.DevKeyVault;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Outages;

/// <summary>A vault whose key lies in the development Key Vault, and the key's rotation.</summary>
internal sealed class KeyVaultStage(ServerStage server)
{
    private ServedKeyVault? _keyVault;

    public Uri Endpoint => server.Server.Endpoint;

    public Uri TokenEndpoint => server.Server.IdentityEndpoint;

    /// <summary>What a silo needs that reaches it at these ports.</summary>
    public string[] VariablesAt(int port, int tokenPort) =>
        [
            $"RVAULT_KEYVAULT_ENDPOINT=https://127.0.0.1:{port}",
            $"RVAULT_KEYVAULT_CA={server.Server.AuthorityFile}",
            $"IDENTITY_ENDPOINT=http://127.0.0.1:{tokenPort}{RecoveryVault.DevKeyVault.Tokens.IdentityEndpoint.AppServicePath}",
            $"IDENTITY_HEADER={server.Server.IdentityHeader}",
        ];

    public async Task CreateVaultAsync(VaultClient client, string name)
    {
        _keyVault = await server.CreateAsync(new { location = "westeurope", enablePurgeProtection = true });
        await _keyVault.CreateKeyAsync("kek");
        await client.Directory.CreateVaultAsync(
            new CreateVault
            {
                OperationId = Guid.NewGuid(),
                Name = name,
                Location = "westeurope",
            }
        );
        var vault = (await client.FindVaultAsync(name)).Vault;
        var identity = await vault.AssignIdentityAsync(new ChangeIdentity(Guid.NewGuid()));
        await _keyVault.AllowAsync(identity.PrincipalId ?? "", "get", "list", "wrapKey", "unwrapKey");
        await vault.UpdateEncryptionAsync(
            new UpdateEncryption { OperationId = Guid.NewGuid(), KeyUri = $"https://{_keyVault.Host}/keys/kek" }
        );
    }

    /// <summary>A new version of the key.</summary>
    public async Task RotateAsync() =>
        Assert.Equal("200", (await (_keyVault ?? throw new InvalidOperationException()).SendAsync("POST", "keys/kek/rotate")).Outcome);
}
