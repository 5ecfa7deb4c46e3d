using System.Text.Json.Nodes;

namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>Tokens for managed identities, in both forms.</summary>
public sealed class IdentityEndpointTests(ServerStage stage) : IClassFixture<ServerStage>, IDisposable
{
    private const string AppService = "msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fvault.localhost";
    private const string Imds = "metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.localhost";

    private readonly HttpClient _http = new();

    public void Dispose() => _http.Dispose();

    private async Task<(int Status, JsonNode? Json)> GetAsync(string path, string header = "", string value = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(stage.Server.IdentityEndpoint, path));
        if (header.Length > 0)
            request.Headers.Add(header, value);
        using var answer = await _http.SendAsync(request);
        return ((int)answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync()));
    }

    private Task<(int Status, JsonNode? Json)> AskAsync(string more) =>
        GetAsync($"{AppService}{more}", "X-IDENTITY-HEADER", stage.Server.IdentityHeader);

    [Fact]
    public async Task WithoutTheHeader_NobodyGetsAToken()
    {
        Assert.Equal(401, (await GetAsync(AppService)).Status);
        Assert.Equal(401, (await GetAsync(AppService, "X-IDENTITY-HEADER", "guess")).Status);
        Assert.Equal(400, (await GetAsync(Imds)).Status);
        Assert.Equal(404, (await GetAsync("elsewhere")).Status);
    }

    [Theory]
    [InlineData("&client_id=00000000-0000-0000-0000-000000000001")]
    [InlineData("&mi_res_id=/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/none")]
    [InlineData("&object_id=nobody")]
    public async Task UnknownIdentity_IsNotFound(string who)
    {
        var (status, json) = await AskAsync(who);

        Assert.Equal((400, "Identity not found"), (status, (string?)json?["error_description"]));
    }

    [Fact]
    public async Task DeletedIdentity_GetsNoTokenAnyMore_ByAnyOfItsNames()
    {
        var name = stage.NewName("id");
        var identity = await stage.ManageAsync(HttpMethod.Put, $"identities/{name}");
        string[] ways = [$"&client_id={identity?["clientId"]}", $"&object_id={identity?["principalId"]}", $"&mi_res_id={identity?["id"]}"];
        foreach (var way in ways)
            Assert.Equal((200, (string?)identity?["clientId"]), await OfAsync(way));

        await stage.ManageAsync(HttpMethod.Delete, $"identities/{name}");

        foreach (var way in ways)
            Assert.Equal(400, (await AskAsync(way)).Status);
        var again = await stage.ManageAsync(HttpMethod.Put, $"identities/{name}");
        Assert.NotEqual((string?)identity?["principalId"], (string?)again?["principalId"]);

        async Task<(int, string?)> OfAsync(string way)
        {
            var (status, json) = await AskAsync(way);
            return (status, (string?)json?["client_id"]);
        }
    }

    [Fact]
    public async Task Token_LooksAsEachFormHasIt()
    {
        var (_, appService) = await AskAsync("");
        var (_, imds) = await GetAsync(Imds, "Metadata", "true");

        Assert.Equal(["access_token", "client_id", "expires_on", "resource", "token_type"], Names(appService));
        Assert.Equal(["access_token", "client_id", "expires_in", "expires_on", "not_before", "resource", "token_type"], Names(imds));
        Assert.Equal("600", (string?)imds?["expires_in"]);
    }

    private static IEnumerable<string> Names(JsonNode? json) => json!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal);
}
