using RecoveryVault.KeyVaults;
using RecoveryVault.Tests.Processes;

namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>
/// Azure's own .NET client with its ManagedIdentityCredential passes the server's authentication, verification of challenges on.
/// </summary>
public sealed class ManagedIdentityTests(ServerStage stage) : IClassFixture<ServerStage>
{
    private string[] AppService =>
        [$"IDENTITY_ENDPOINT={new Uri(stage.Server.IdentityEndpoint, "msi/token")}", $"IDENTITY_HEADER={stage.Server.IdentityHeader}"];

    private string[] Imds => [$"AZURE_POD_IDENTITY_AUTHORITY_HOST={stage.Server.IdentityEndpoint.ToString().TrimEnd('/')}"];

    [Fact]
    public async Task DeletedIdentity_GetsNoToken()
    {
        var (vault, identity) = await IdentityAsync("get");
        await stage.ManageAsync(HttpMethod.Delete, $"identities/{identity.Name}");

        Assert.Equal(["official: no token", "ours: Unauthorized"], await RunAsync(vault, $"object:{identity.PrincipalId}", AppService));
    }

    [Fact]
    public async Task IdentityWithoutPermission_GetsInAndIsDenied()
    {
        var (vault, identity) = await IdentityAsync("list");

        // The server has no permissions for secrets: whoever gets in learns that there are none.
        Assert.Equal(
            ["official: 404 SecretNotFound", "ours: NoPermission"],
            await RunAsync(vault, $"object:{identity.PrincipalId}", AppService)
        );
    }

    [Fact]
    public async Task EachWayToNameAnIdentity_InEachForm_GetsIn()
    {
        var (vault, identity) = await IdentityAsync("get");
        foreach (var form in new[] { AppService, Imds })
        {
            Assert.Equal(
                ["official: 404 SecretNotFound", "ours: KeyNotFound"],
                await RunAsync(vault, $"object:{identity.PrincipalId}", form)
            );
        }
        foreach (var who in new[] { $"client:{identity.ClientId}", $"resource:{identity.Id}", "system" })
            Assert.Equal(["official: 404 SecretNotFound"], await RunAsync(vault, who, AppService));
    }

    private async Task<(ServedKeyVault Vault, (string Name, string Id, string PrincipalId, string ClientId) Identity)> IdentityAsync(
        params string[] permissions
    )
    {
        var vault = await stage.CreateAsync();
        var name = stage.NewName("id");
        var made = await stage.ManageAsync(HttpMethod.Put, $"identities/{name}");
        string Text(string property) => (string?)made?[property] ?? "";
        await vault.AllowAsync(Text("principalId"), permissions);
        return (vault, (name, Text("id"), Text("principalId"), Text("clientId")));
    }

    private async Task<IReadOnlyList<string>> RunAsync(ServedKeyVault vault, string who, string[] environment)
    {
        await using var child = ChildProcess.Start(
            "managed-identity",
            [
                vault.Host,
                who,
                $"{KeyVaultAccess.EndpointVariable}={stage.Server.Endpoint.ToString().TrimEnd('/')}",
                $"{KeyVaultAccess.RootsVariable}={stage.Server.AuthorityFile}",
                .. environment,
            ]
        );
        return await child.ReadToEndAsync();
    }
}
