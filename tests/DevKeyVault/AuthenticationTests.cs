namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>Who gets in, and what the others hear.</summary>
public sealed class AuthenticationTests(ServerStage stage) : IClassFixture<ServerStage>
{
    private const string Issuer = "https://sts.windows.net/99999999-0000-0000-0000-000000000000/";

    [Theory]
    [InlineData("keys", "GET")]
    [InlineData("keys/k/create", "POST")]
    [InlineData("keys/k/00112233445566778899aabbccddeeff/unwrapkey", "POST")]
    [InlineData("deletedkeys/k", "DELETE")]
    [InlineData("anything", "PUT")]
    public async Task NoToken_IsChallenged_WhateverIsAsked(string path, string method)
    {
        var vault = await stage.CreateAsync();

        var answer = await stage.SendAsync(new HttpMethod(method), $"https://{vault.Host}/{path}", token: null);

        Assert.Equal("401 Unauthorized", answer.Outcome);
        Assert.Equal("AKV10000: Request is missing a Bearer or PoP token.", answer.Message);
        var challenge = answer.Headers["WWW-Authenticate"];
        Assert.StartsWith("Bearer authorization=\"https://login.windows.net/", challenge, StringComparison.Ordinal);
        Assert.EndsWith("resource=\"https://vault.localhost\"", challenge, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongTokens_AreRefused_InTheServicesWords()
    {
        var vault = await stage.CreateAsync();
        var good = await stage.TokenAsync(new { objectId = vault.Owner });
        var parts = good.Split('.');
        (string Token, string Says)[] tokens =
        [
            ("nonsense", "AKV10001"),
            ($"{parts[0]}.{parts[1]}.{new string('A', parts[2].Length)}", "AKV10001"),
            ($"eyJhbGciOiJub25lIn0.{parts[1]}.", "AKV10001"),
            (
                await stage.TokenAsync(new { objectId = vault.Owner, audience = "https://management.azure.com" }),
                "AKV10022: Invalid audience. Expected https://vault.localhost, found: https://management.azure.com."
            ),
            (await stage.TokenAsync(new { objectId = vault.Owner, tenantId = "99999999-0000-0000-0000-000000000000" }), $"found {Issuer}."),
            (await stage.TokenAsync(new { objectId = vault.Owner, lifetimeSeconds = -1 }), "AKV10005"),
        ];
        foreach (var (token, says) in tokens)
        {
            var answer = await stage.SendAsync(HttpMethod.Get, $"https://{vault.Host}/keys?{ServerStage.Query}", token);
            Assert.Equal("401 Unauthorized", answer.Outcome);
            Assert.Contains(says, answer.Message, StringComparison.Ordinal);
        }
        Assert.Equal(200, (await stage.SendAsync(HttpMethod.Get, $"https://{vault.Host}/keys?{ServerStage.Query}", good)).Status);
    }

    [Theory]
    [InlineData("nosuchvault.vault.localhost")]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    public async Task UnknownHost_IsNoKeyVaultsWord(string host)
    {
        var answer = await stage.SendAsync(HttpMethod.Get, $"https://{host}/keys/k?{ServerStage.Query}", token: null);

        Assert.Equal(404, answer.Status);
        Assert.Null(answer.Json);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("wrong")]
    public async Task Management_WithoutItsToken_IsRefused(string? token)
    {
        foreach (var path in (string[])["audit", "keyvaults", "tokens", "clock"])
            Assert.Equal(
                401,
                (await stage.SendAsync(HttpMethod.Get, new Uri(stage.Server.Endpoint, $"manage/{path}").ToString(), token)).Status
            );
    }

    [Fact]
    public async Task Management_OnAKeyVaultsHost_IsNotThere()
    {
        var vault = await stage.CreateAsync();

        var answer = await stage.SendAsync(HttpMethod.Get, $"https://{vault.Host}/manage/audit", stage.Server.ManagementToken);

        Assert.Equal(401, answer.Status);
        Assert.NotNull(answer.Headers["WWW-Authenticate"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?api-version=1.0")]
    [InlineData("?api-version=7.6&api-version=7.5")]
    [InlineData("?api-version=2099-01-01")]
    public async Task ApiVersion_MissingOrUnknown_Is400(string query)
    {
        var vault = await stage.CreateAsync();
        var token = await stage.TokenAsync(new { objectId = vault.Owner });

        var answer = await stage.SendAsync(HttpMethod.Get, $"https://{vault.Host}/keys{query}", token);

        Assert.Equal("400 BadParameter", answer.Outcome);
    }

    [Theory]
    [InlineData("api-version=7.0")]
    [InlineData("api-version=7.4-preview.1")]
    [InlineData("api%2Dversion=2025-07-01")]
    [InlineData("api-version=2026-04-01")]
    public async Task ApiVersion_OfTheService_IsTaken(string query)
    {
        var vault = await stage.CreateAsync();
        var token = await stage.TokenAsync(new { objectId = vault.Owner });

        Assert.Equal(200, (await stage.SendAsync(HttpMethod.Get, $"https://{vault.Host}/keys?{query}", token)).Status);
    }
}
