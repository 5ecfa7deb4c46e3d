using System.Globalization;
using System.Security.Cryptography;
using RecoveryVault.Keys;

namespace RecoveryVault.Tests.Keys.Rest;

/// <summary>What is asked, and what is made of the answers.</summary>
public sealed class RestKeyVaultTests : IDisposable
{
    private const string Query = "?api-version=7.6";
    private const string Keys = $"https://{RestStage.Host}/keys";

    private readonly RestStage _stage = new RestStage().AfterChallenge();

    public void Dispose() => _stage.Dispose();

    private string Asked => _stage.Service.Seen[^1].ToString();

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a?b")]
    [InlineData("..")]
    public async Task Name_OutsideTheGrammar_IsNeverSent(string name)
    {
        var refusal = await Assert.ThrowsAsync<KeyVaultException>(() => _stage.Vault.GetKeyAsync(name, null));

        Assert.Equal(KeyVaultVerdict.BadRequest, refusal.Verdict);
        Assert.Empty(_stage.Service.Seen);
    }

    [Fact]
    public async Task Key_OfAnotherKeyVault_IsNeverSent()
    {
        await Assert.ThrowsAsync<ArgumentException>(() =>
            _stage.Vault.WrapKeyAsync(KeyId.Parse($"https://kv2.vault.azure.net/keys/kek/{RestStage.Version}"), new byte[32])
        );

        Assert.Empty(_stage.Service.Seen);
    }

    [Theory]
    [InlineData("https://evil.example/keys/kek/versions?api-version=7.6&$skiptoken=x")]
    [InlineData("http://kv1.vault.azure.net/keys/kek/versions")]
    [InlineData("https://kv1.vault.azure.net:444/keys/kek/versions")]
    [InlineData("https://kv1.vault.azure.net@evil.example/keys/kek/versions")]
    [InlineData("/keys/kek/versions")]
    public async Task NextLink_LeadingElsewhere_IsNotFollowed(string link)
    {
        _stage.Service.Answer(200, Page([RestBodies.Item(1, 10)], link));

        var refusal = await Assert.ThrowsAsync<KeyVaultException>(() => _stage.Vault.ListVersionsAsync("kek"));

        Assert.Equal(KeyVaultVerdict.Unreachable, refusal.Verdict);
        Assert.Equal(2, _stage.Service.Seen.Count);
    }

    [Fact]
    public async Task NextLink_ThatNeverEnds_IsGivenUp()
    {
        for (var i = 0; i < 1001; i++)
            _stage.Service.Answer(200, Page([], $"{Keys}/kek/versions{Query}&$skiptoken={i}"));

        Assert.Equal(
            KeyVaultVerdict.Unreachable,
            (await Assert.ThrowsAsync<KeyVaultException>(() => _stage.Vault.ListVersionsAsync("kek"))).Verdict
        );
    }

    [Theory]
    [InlineData("""{"value":null}""")]
    [InlineData("""{"value":[{"kid":"https://kv1.vault.azure.net/keys/other/00000000000000000000000000000001"}]}""")]
    [InlineData("""{"value":[{"kid":"https://kv1.vault.azure.net/keys/kek"}]}""")]
    public async Task List_ThatIsNone_IsUnreachable(string body)
    {
        _stage.Service.Answer(200, body);

        var refusal = await Assert.ThrowsAsync<KeyVaultException>(() => _stage.Vault.ListVersionsAsync("kek"));

        Assert.Equal(KeyVaultVerdict.Unreachable, refusal.Verdict);
    }

    [Fact]
    public async Task Versions_OnSeveralPages_AreOldestFirst()
    {
        _stage
            .Service.Answer(200, Page([RestBodies.Item(3, 30), RestBodies.Item(1, 10)], $"{Keys}/kek/versions{Query}&$skiptoken=x"))
            .Answer(200, Page([], $"{Keys}/kek/versions{Query}&$skiptoken=y"))
            .Answer(200, Page([RestBodies.Item(2, 20)], null));

        var versions = await _stage.Vault.ListVersionsAsync("kek");

        Assert.Equal([1, 2, 3], versions.Select(v => int.Parse(v.Id.Version ?? "", NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
        Assert.Equal($"GET {Keys}/kek/versions{Query}&$skiptoken=y", Asked);
    }

    [Fact]
    public async Task Get_Latest_AsksWithTheSlashOfAzuresClients()
    {
        _stage.Service.Answer(200, RestBodies.Key());

        await _stage.Vault.GetKeyAsync("kek", null);

        Assert.Equal($"GET {Keys}/kek/{Query}", Asked);
    }

    [Fact]
    public async Task Get_Key_TellsAllThatTheServiceSays()
    {
        using var rsa = RSA.Create(3072);
        _stage.Service.Answer(200, BodyOf(rsa), ("x-ms-keyvault-region", "westeurope"));

        var key = await _stage.Vault.GetKeyAsync("kek", RestStage.Version);

        Assert.Equal($"GET {Keys}/kek/{RestStage.Version}{Query}", Asked);
        Assert.Equal(("RSA-HSM", 3072, "westeurope"), (key.KeyType, key.SizeBits, key.VaultLocation));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(rsa.ExportSubjectPublicKeyInfo())), key.PublicKeyThumbprint);
        Assert.Equal(["wrapKey", "unwrapKey"], key.Operations);
        Assert.Equal(
            new KeyProperties(
                RestStage.Key,
                true,
                DateTimeOffset.FromUnixTimeSeconds(1633481898),
                DateTimeOffset.FromUnixTimeSeconds(100),
                DateTimeOffset.FromUnixTimeSeconds(200),
                "CustomizedRecoverable+Purgeable"
            ),
            key.Properties
        );
    }

    [Theory]
    [InlineData("\"x\":1")]
    [InlineData("\"enabled\":false")]
    public async Task Get_KeyNotSaidToBeEnabled_IsNot(string attributes)
    {
        _stage.Service.Answer(200, RestBodies.Key(attributes));

        Assert.False((await _stage.Vault.GetKeyAsync("kek", null)).Properties.Enabled);
    }

    [Theory]
    [InlineData("RSA2")]
    [InlineData("EC")]
    public async Task Get_KeyOfParametersThatAreNone_IsUnreachable(string kty)
    {
        _stage.Service.Answer(200, RestBodies.Key(kty: kty));

        var refusal = await Assert.ThrowsAsync<KeyVaultException>(() => _stage.Vault.GetKeyAsync("kek", null));

        Assert.Equal(KeyVaultVerdict.Unreachable, refusal.Verdict);
    }

    [Fact]
    public async Task Get_KeyWithATimeBeyondTheCalendar_IsUnreachable()
    {
        _stage.Service.Answer(200, RestBodies.Key("\"enabled\":true,\"exp\":99999999999999"));

        var refusal = await Assert.ThrowsAsync<KeyVaultException>(() => _stage.Vault.GetKeyAsync("kek", null));

        Assert.Equal(KeyVaultVerdict.Unreachable, refusal.Verdict);
    }

    [Fact]
    public async Task Wrap_WithoutVersion_StoresTheVersionOfTheAnswer()
    {
        _stage.Service.Answer(200, RestBodies.Wrapped);

        var result = await _stage.Vault.WrapKeyAsync(RestStage.Key.Versionless, new byte[32]);

        Assert.Equal($"POST {Keys}/kek/wrapkey{Query}", Asked);
        Assert.Equal(RestStage.Key, result.KeyId);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], result.EncryptedKey);
    }

    [Fact]
    public async Task Unwrap_GivesTheValueOfTheAnswer()
    {
        _stage.Service.Answer(200, RestBodies.Wrapped);

        using var secret = await _stage.Vault.UnwrapKeyAsync(RestStage.Key, new byte[] { 0xfb, 0xff, 0xfe });

        Assert.Equal($"POST {Keys}/kek/{RestStage.Version}/unwrapkey{Query}", Asked);
        Assert.Equal("""{"alg":"RSA-OAEP-256","value":"-__-"}""", _stage.Service.Seen[^1].Body);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], secret.Span.ToArray());
    }

    [Fact]
    public async Task ApiVersion_IsASetting()
    {
        using var stage = new RestStage(RestStage.Quick with { ApiVersion = "2025-07-01" }).AfterChallenge();
        stage.Service.Answer(200, RestBodies.Wrapped);

        await stage.Vault.WrapKeyAsync(RestStage.Key, new byte[32]);

        Assert.EndsWith("?api-version=2025-07-01", stage.Service.Seen[^1].Uri, StringComparison.Ordinal);
    }

    private static string Page(IEnumerable<string> items, string? nextLink) =>
        $$"""{"value":[{{string.Join(',', items)}}],"nextLink":{{(nextLink is null ? "null" : $"\"{nextLink}\"")}}}""";

    private static string BodyOf(RSA rsa)
    {
        var parameters = rsa.ExportParameters(includePrivateParameters: false);
        return RestBodies
            .Key("\"enabled\":true,\"nbf\":100,\"exp\":200", "RSA-HSM")
            .Replace(RestBodies.Modulus, System.Buffers.Text.Base64Url.EncodeToString(parameters.Modulus), StringComparison.Ordinal);
    }
}
