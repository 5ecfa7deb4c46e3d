using RecoveryVault.Keys;

namespace RecoveryVault.Tests.Keys.Rest;

/// <summary>Two-step authentication: what is sent when, and what is never sent.</summary>
public sealed class ChallengeTests : IDisposable
{
    private const string Unauthorized = """{"error":{"code":"Unauthorized","message":"AKV10022: Invalid audience."}}""";

    private readonly RestStage _stage = new();

    public void Dispose() => _stage.Dispose();

    [Fact]
    public async Task FirstContact_CarriesNeitherTokenNorBody()
    {
        _stage.Service.Challenges().Answer(200, RestBodies.Wrapped);

        await _stage.Vault.WrapKeyAsync(RestStage.Key, new byte[32]);

        var (first, second) = (_stage.Service.Seen[0], _stage.Service.Seen[1]);
        Assert.Equal((null, null), (first.Authorization, first.Body));
        Assert.Equal("Bearer t1", second.Authorization);
        Assert.Contains("\"value\":\"AAAA", second.Body, StringComparison.Ordinal);
        Assert.Contains("RSA-OAEP-256", second.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ForeignResource_GetsNoTokenAndNoBody()
    {
        _stage.Service.Challenges("Bearer authorization=\"https://login.windows.net/t\", resource=\"https://evil.example\"");

        var refusal = await _stage.RefusalOfUnwrapAsync();

        Assert.Equal((KeyVaultFault.Unauthorized, KeyVaultVerdict.Unreachable), (refusal.Fault, refusal.Verdict));
        Assert.Empty(_stage.Credential.Asked);
        Assert.Single(_stage.Service.Seen);
        Assert.Null(_stage.Service.Seen[0].Body);
    }

    [Fact]
    public async Task NoChallenge_IsNoRevocation()
    {
        _stage.Service.Answer(401, Unauthorized);

        Assert.Equal(KeyVaultVerdict.Unreachable, (await _stage.RefusalOfUnwrapAsync()).Verdict);
    }

    [Fact]
    public async Task FreshTokenRefused_IsNoRevocationAndNoLoop()
    {
        _stage.Service.Challenges().Challenges();

        var refusal = await _stage.RefusalOfUnwrapAsync();

        Assert.Equal((401, KeyVaultFault.Unauthorized), (refusal.Status, refusal.Fault));
        Assert.Equal(2, _stage.Service.Seen.Count);
    }

    [Fact]
    public async Task NoToken_IsNoRevocation()
    {
        _stage.Service.Challenges();
        _stage.Credential.Failure = new InvalidOperationException("The identity endpoint is down.");

        var refusal = await _stage.RefusalOfUnwrapAsync();

        Assert.Equal((KeyVaultFault.Unauthorized, KeyVaultVerdict.Unreachable), (refusal.Fault, refusal.Verdict));
        Assert.Contains("endpoint is down", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_IsAskedForAsTheChallengeSays_AndUsedAgain()
    {
        _stage.Service.Challenges().Answer(200, RestBodies.Wrapped).Answer(200, RestBodies.Wrapped);

        await _stage.Vault.WrapKeyAsync(RestStage.Key, new byte[32]);
        await _stage.Vault.WrapKeyAsync(RestStage.Key, new byte[32]);

        var asked = Assert.Single(_stage.Credential.Asked);
        Assert.Equal(["https://vault.azure.net/.default"], asked.Scopes);
        Assert.Equal("11111111-2222-3333-4444-555555555555", asked.TenantId);
        Assert.True(asked.IsCaeEnabled);
        Assert.Equal("Bearer t1", _stage.Service.Seen[2].Authorization);
        Assert.NotNull(_stage.Service.Seen[2].Body);
    }

    [Fact]
    public async Task ClaimsChallenge_OnFirstContact_GetsASecondTokenWithTheClaims()
    {
        _stage
            .Service.Challenges()
            .Answer(401, Unauthorized, ("WWW-Authenticate", RestBodies.ClaimsChallenge))
            .Answer(200, RestBodies.Wrapped);

        await _stage.Vault.WrapKeyAsync(RestStage.Key, new byte[32]);

        Assert.Equal([null, """{"access_token":{"nbf":{}}}"""], _stage.Credential.Asked.Select(a => a.Claims));
        Assert.Equal("Bearer t2", _stage.Service.Seen[2].Authorization);
        Assert.Equal(_stage.Service.Seen[1].Body, _stage.Service.Seen[2].Body);
    }

    [Fact]
    public async Task ClaimsChallenge_WithoutEnd_IsGivenUp()
    {
        _stage.Service.Challenges();
        for (var i = 0; i < 9; i++)
            _stage.Service.Answer(401, Unauthorized, ("WWW-Authenticate", RestBodies.ClaimsChallenge));

        var refusal = await _stage.RefusalOfUnwrapAsync();

        Assert.Equal(KeyVaultFault.Unauthorized, refusal.Fault);
        Assert.InRange(_stage.Service.Seen.Count, 3, 4);
    }

    [Fact]
    public async Task ClaimsChallenge_BeforeAnyOther_IsRefused()
    {
        _stage.Service.Answer(401, Unauthorized, ("WWW-Authenticate", RestBodies.ClaimsChallenge));

        Assert.Equal(KeyVaultFault.Unauthorized, (await _stage.RefusalOfUnwrapAsync()).Fault);
        Assert.Empty(_stage.Credential.Asked);
    }

    [Fact]
    public async Task TenantThatMoved_IsFollowed()
    {
        _stage
            .Service.Challenges()
            .Answer(200, RestBodies.Wrapped)
            .Challenges(StubKeyVault.Challenge.Replace("11111111", "99999999", StringComparison.Ordinal))
            .Answer(200, RestBodies.Wrapped);

        await _stage.Vault.WrapKeyAsync(RestStage.Key, new byte[32]);
        await _stage.Vault.WrapKeyAsync(RestStage.Key, new byte[32]);

        Assert.Equal("99999999-2222-3333-4444-555555555555", _stage.Credential.Asked[^1].TenantId);
    }
}
