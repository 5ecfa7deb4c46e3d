using CsCheck;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Rest;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Keys.Rest;

public sealed class BearerChallengeTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Basic realm=\"x\"")]
    [InlineData("PoP authorization=\"https://a/t\", resource=\"https://vault.azure.net\"")]
    [InlineData("Bearer authorization=\"https://a/t")]
    [InlineData("Bearer authorization=")]
    [InlineData("Bearer authorization=\"a\\")]
    [InlineData("Bearer =\"x\"")]
    [InlineData("Bearer resource=\"https://vault.azure.net\", resource=\"https://evil.example\"")]
    [InlineData("authorization=\"https://a/t\"")]
    [InlineData("Bearer error=\"insufficient_claims\", claims=\"*\"")]
    public void Header_ThatIsNoBearerChallenge_IsRefused(string? header) => Assert.False(BearerChallenge.TryParse(header, out _));

    [Fact]
    public void Header_TooLong_IsRefused() => Assert.False(BearerChallenge.TryParse($"Bearer a=\"{new string('x', 9000)}\"", out _));

    [Theory]
    [InlineData("Bearer authorization=\"https://login.windows.net/t\", resource=\"https://vault.azure.net\"")]
    [InlineData("bearer Authorization = https://login.windows.net/t , RESOURCE=\"https://vault.azure.net\"")]
    [InlineData("Basic realm=\"a, b=\\\"c\", Bearer authorization=\"https://login.windows.net/t\", resource=\"https://vault.azure.net\"")]
    [InlineData(
        "Bearer authorization=\"https://login.windows.net/t\", resource=\"https://vault.azure.net\", PoP resource=\"https://evil\""
    )]
    public void Header_WithBearerChallenge_IsRead(string header)
    {
        Assert.True(BearerChallenge.TryParse(header, out var challenge));

        Assert.Equal("https://login.windows.net/t", challenge.Authorization);
        Assert.Equal("https://vault.azure.net", challenge.Resource);
        Assert.Null(challenge.Claims);
    }

    [Fact]
    public void Claims_AreDecoded()
    {
        const string Header = "Bearer realm=\"\", error=\"insufficient_claims\", claims=\"eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7fX19\"";

        Assert.True(BearerChallenge.TryParse(Header, out var challenge));

        Assert.Equal("""{"access_token":{"nbf":{}}}""", challenge.Claims);
    }

    [Fact]
    public void Header_Anything_IsReadOrRefused() =>
        Gen.String[Gen.Char["BearPo \"\\,=c:/\t"], 0, 60]
            .Sample(
                text =>
                {
                    var read = BearerChallenge.TryParse("Bearer " + text, out var challenge);
                    return read == challenge is not null;
                },
                iter: TestScale.Iterations(2000)
            );

    [Theory]
    [InlineData("http://login.windows.net/t", "https://vault.azure.net")]
    [InlineData("https://login.windows.net/", "https://vault.azure.net")]
    [InlineData("https://login.windows.net/t", "http://vault.azure.net")]
    [InlineData("https://login.windows.net/t", "https://management.azure.com")]
    [InlineData("https://login.windows.net/t", "https://t.azure.net")]
    [InlineData("https://login.windows.net/t", "https://kv1.vault.azure.net")]
    [InlineData("https://login.windows.net/t", "https://user@vault.azure.net")]
    [InlineData("https://login.windows.net/t", "https://vault.azure.net:8443")]
    [InlineData("https://login.windows.net/t", "vault.azure.net")]
    public void Target_NotOfTheHost_IsRefused(string authorization, string resource)
    {
        Assert.True(BearerChallenge.TryParse($"Bearer authorization=\"{authorization}\", resource=\"{resource}\"", out var challenge));

        var refusal = Assert.Throws<KeyVaultException>(() => TokenTarget.Of(challenge, RestStage.Host));

        Assert.Equal(KeyVaultFault.Unauthorized, refusal.Fault);
    }

    [Theory]
    [InlineData("resource=\"https://vault.azure.net\"")]
    [InlineData("resource=\"https://vault.azure.net/\"")]
    [InlineData("scope=\"https://vault.azure.net/.default\"")]
    public void Target_OfTheHost_IsTaken(string asked)
    {
        Assert.True(BearerChallenge.TryParse($"Bearer authorization=\"https://login.windows.net/t\", {asked}", out var challenge));

        Assert.Equal(new TokenTarget("https://vault.azure.net/.default", "t"), TokenTarget.Of(challenge, RestStage.Host));
    }
}
