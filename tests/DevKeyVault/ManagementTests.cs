using System.Runtime.Versioning;

namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>The server's own routes: for who has the token, and no more than managing.</summary>
public sealed class ManagementTests(ServerStage stage) : IClassFixture<ServerStage>
{
    [Theory]
    [InlineData("POST", "keys/kek/wrapkey")]
    [InlineData("POST", "keys/kek/unwrapkey")]
    [InlineData("POST", "keys/kek/encrypt")]
    [InlineData("POST", "keys/kek/decrypt")]
    [InlineData("POST", "keys/kek/sign")]
    [InlineData("POST", "keys/kek/verify")]
    [InlineData("POST", "keys/kek/backup")]
    [InlineData("POST", "keys/restore")]
    [InlineData("PUT", "keys/kek")]
    [InlineData("GET", "secrets/s")]
    [InlineData("GET", "certificates")]
    public async Task UseOfAKey_IsNoManagement(string method, string path)
    {
        var vault = await stage.CreateAsync();
        await vault.CreateKeyAsync("kek");

        var answer = await ManageAsync(method, $"keyvaults/{vault.Name}/{path}", """{"alg":"RSA-OAEP-256","value":"AAAA"}""");

        Assert.Equal("404 NotFound", answer.Outcome);
    }

    [Theory]
    [InlineData("keys/kek", "GET")]
    [InlineData("keys/kek/create", "POST")]
    [InlineData("deletedkeys/kek", "DELETE")]
    public async Task Keys_WithoutTheToken_AreNotManaged(string path, string method)
    {
        var vault = await stage.CreateAsync();
        var uri = new Uri(stage.Server.Endpoint, $"manage/keyvaults/{vault.Name}/{path}").ToString();

        foreach (var token in (string?[])[null, "", new string('0', 64), stage.Server.ManagementToken[..^1]])
            Assert.Equal(401, (await stage.SendAsync(new HttpMethod(method), uri, token)).Status);
    }

    [Fact]
    public async Task KeysOfAVault_ThatIsNotThere_AreNotFound() =>
        Assert.Equal("404 ResourceNotFound", (await ManageAsync("GET", "keyvaults/nosuchvault/keys/kek")).Outcome);

    [Fact]
    public async Task ManagedKeys_StandInTheAuditLog_AsTheManagers()
    {
        var vault = await stage.CreateAsync();
        await ManageAsync("POST", $"keyvaults/{vault.Name}/keys/kek/create", """{"kty":"EC"}""");
        await ManageAsync("POST", $"keyvaults/{vault.Name}/keys/none/rotate");

        var events = (await stage.ManageAsync(HttpMethod.Get, "audit"))!
            .AsArray()
            .Where(e => ((string?)e!["resourceId"])!.EndsWith($"/{vault.Name}", StringComparison.Ordinal))
            .Select(e => $"{e!["identity"]!["claim"]!["oid"]} {e["operationName"]} {e["resultType"]}");

        Assert.Equal(["management KeyCreate Success", "management KeyRotate Failure"], events);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task SecretFiles_AreTheirOwnersOnly_AndBecomeItAgainAtAStart()
    {
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        string[] secrets = ["server.json", "management-token", "ca-key.pem"];
        foreach (var file in secrets)
        {
            Assert.Equal((file, OwnerOnly), (file, File.GetUnixFileMode(Path.Combine(stage.DataPath, file))));
            File.SetUnixFileMode(Path.Combine(stage.DataPath, file), OwnerOnly | UnixFileMode.OtherRead);
        }

        await stage.RestartAsync();

        foreach (var file in secrets)
            Assert.Equal((file, OwnerOnly), (file, File.GetUnixFileMode(Path.Combine(stage.DataPath, file))));
        Assert.Equal(stage.Server.ManagementToken + "\n", await File.ReadAllTextAsync(stage.Server.ManagementTokenFile));
    }

    private Task<ServedAnswer> ManageAsync(string method, string path, string? body = null) =>
        stage.SendAsync(
            new HttpMethod(method),
            new Uri(stage.Server.Endpoint, $"manage/{path}").ToString(),
            stage.Server.ManagementToken,
            body
        );
}
