using System.Net;
using System.Runtime.Versioning;
using System.Text;
using RecoveryVault.Cli.KeyVaults;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Cli;

/// <summary>What answers at an endpoint need not be a development server of this release, or one at all.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ManagementClientTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(200, null, "[]")]
    [InlineData(404, null, "<html>")]
    [InlineData(401, null, "")]
    [InlineData(200, "2", "[]")]
    [InlineData(200, "1", "<html>")]
    [InlineData(200, "1", "null")]
    [InlineData(200, "1", "")]
    public async Task Answer_OfSomethingElse_IsAMismatch(int status, string? version, string body)
    {
        var refusal = await Assert.ThrowsAsync<VaultException>(() => ListAsync(status, version, body));

        Assert.Equal(ErrorCodes.ProtocolMismatch, refusal.Code);
        Assert.Contains("https://127.0.0.1:9", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OurVersion_RefusedByTheServer_IsAMismatch()
    {
        const string Body = """{"error":{"code":"ProtocolMismatch","message":"These routes have version 2."}}""";

        Assert.Equal(ErrorCodes.ProtocolMismatch, (await Assert.ThrowsAsync<VaultException>(() => ListAsync(400, "1", Body))).Code);
    }

    [Theory]
    [InlineData(500, "<html>", KeyVaultFault.Unreachable)]
    [InlineData(503, """{"error":{"code":"InternalServerError","message":"m"}}""", KeyVaultFault.Unreachable)]
    [InlineData(302, "", KeyVaultFault.Unreachable)]
    [InlineData(404, """{"error":{"code":"KeyNotFound","message":"m"}}""", KeyVaultFault.KeyNotFound)]
    [InlineData(404, """{"error":{"code":"ResourceNotFound","message":"m"}}""", KeyVaultFault.BadParameter)]
    [InlineData(409, """{"error":{"code":"Conflict","message":"m"}}""", KeyVaultFault.Conflict)]
    [InlineData(403, """{"error":{"code":"Forbidden","message":"m"}}""", KeyVaultFault.OperationForbidden)]
    [InlineData(400, """{"error":"no object"}""", KeyVaultFault.BadParameter)]
    public async Task Refusal_OfTheServer_IsAKeyVaults(int status, string body, KeyVaultFault fault) =>
        Assert.Equal(fault, (await Assert.ThrowsAsync<KeyVaultException>(() => ListAsync(status, "1", body))).Fault);

    [Fact]
    public async Task Token_AndVersion_GoAlong_AndAreNotPrinted()
    {
        var token = Token();
        var server = new OneAnswer(200, "1", "[]");
        using var client = new ManagementClient(new Uri("https://127.0.0.1:9"), server, token);

        await new ServedKeyVaults(client).ListAsync(default);

        Assert.Equal("GET https://127.0.0.1:9/manage/keyvaults Bearer " + token.Value + " 1", server.Seen);
        Assert.DoesNotContain(token.Value, token.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Name_WithASlash_StaysOnePart()
    {
        var server = new OneAnswer(404, "1", """{"error":{"code":"ResourceNotFound","message":"m"}}""");
        using var client = new ManagementClient(new Uri("https://127.0.0.1:9"), server, Token());

        await Assert.ThrowsAsync<KeyVaultException>(() => new ServedKeyVaults(client).ShowAsync("a/../../b?c", default));

        Assert.StartsWith("GET https://127.0.0.1:9/manage/keyvaults/a%2F..%2F..%2Fb%3Fc ", server.Seen, StringComparison.Ordinal);
    }

    private async Task ListAsync(int status, string? version, string body)
    {
        using var client = new ManagementClient(new Uri("https://127.0.0.1:9"), new OneAnswer(status, version, body), Token());
        await new ServedKeyVaults(client).ListAsync(default);
    }

    private ManagementToken Token()
    {
        var file = _scratch["token"];
        File.WriteAllText(file, new string('a', 64));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return ManagementToken.Read(file);
    }

    private sealed class OneAnswer(int status, string? version, string body) : HttpMessageHandler
    {
        public string Seen { get; private set; } = "";

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var said = string.Join(',', request.Headers.GetValues(ManagementClient.VersionHeader));
            Seen = $"{request.Method} {request.RequestUri?.OriginalString} {request.Headers.Authorization} {said}";
            var answer = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8) };
            if (version is not null)
                answer.Headers.Add(ManagementClient.VersionHeader, version);
            return Task.FromResult(answer);
        }
    }
}
