using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using RecoveryVault.Errors;
using RecoveryVault.Tests.DevKeyVault;

namespace RecoveryVault.Tests.Cli;

/// <summary><c>rvault keyvault</c> and <c>rvault identity</c> manage a development server as they manage the keys of a store.</summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed partial class ServedKeyVaultTests(ServerStage stage) : IClassFixture<ServerStage>, IDisposable
{
    private const string KeysOfKv = "--vault-name";

    private readonly CommandPlace _place = new();

    private string[] Server =>
        ["--endpoint", Endpoint, "--ca", stage.Server.AuthorityFile, "--token-file", stage.Server.ManagementTokenFile];

    private string Endpoint => stage.Server.Endpoint.ToString().TrimEnd('/');

    public void Dispose() => _place.Dispose();

    private Task<CommandResult> ServedAsync(params string[] command) => _place.RunAsync([.. command, .. Server]);

    [Theory]
    [InlineData("keyvault", "list")]
    [InlineData("keyvault", "create", "--name", "kv1", "--location", "home")]
    [InlineData("keyvault", "key", "create", "--vault-name", "kv1", "--name", "kek")]
    [InlineData("identity", "create", "--name", "backups")]
    public async Task NobodyAtTheEndpoint_IsUnreachable_AndNothingIsMade(params string[] command)
    {
        var refused = await _place.RunAsync([
            .. command,
            "--endpoint",
            "https://127.0.0.1:1",
            "--token-file",
            stage.Server.ManagementTokenFile,
        ]);

        refused.Refuses(ErrorCodes.KeyVaultUnreachable);
        Assert.Contains("No development Key Vault answers at https://127.0.0.1:1", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_place.Store));
    }

    [Fact]
    public async Task WrongToken_IsRefused()
    {
        var file = TokenFile(new string('0', 64));

        var refused = await _place.RunAsync(["keyvault", "list", .. Server[..^1], file]);

        refused.Refuses(ErrorCodes.AccessDenied);
        Assert.Contains($"does not take the token in {file}", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TokenFile_ThatOthersCanRead_IsNotUsed()
    {
        var file = TokenFile(await File.ReadAllTextAsync(stage.Server.ManagementTokenFile));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        var refused = await _place.RunAsync(["keyvault", "list", .. Server[..^1], file]);

        refused.Refuses(ErrorCodes.InvalidRequest);
        Assert.Contains($"chmod 600 {file}", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a token")]
    [InlineData(null)]
    public async Task TokenFile_WithoutAToken_IsRefused(string? content)
    {
        var file = content is null ? _place["none"] : TokenFile(content);

        (await _place.RunAsync(["identity", "list", .. Server[..^1], file])).Refuses(ErrorCodes.InvalidRequest);
    }

    [Fact]
    public async Task NoTokenFile_IsRefused_InsteadOfManagingTheStoresKeys()
    {
        var refused = await _place.RunAsync(["keyvault", "create", "--name", "kv1", "--location", "home", .. Server[..4]]);

        refused.Refuses(ErrorCodes.InvalidRequest);
        Assert.Contains("RVAULT_KEYVAULT_TOKEN_FILE", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_place.Store));
    }

    [Fact]
    public async Task CertificateOfAnUntrustedCa_IsRefused_BeforeTheTokenGoes()
    {
        var refused = await _place.RunAsync(["keyvault", "list", "--endpoint", Endpoint, "--token-file", stage.Server.ManagementTokenFile]);

        refused.Refuses(ErrorCodes.KeyVaultUnreachable);
        Assert.Contains("is not trusted", refused.Error, StringComparison.Ordinal);
        Assert.Contains("RVAULT_KEYVAULT_CA", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("https://127.0.0.1:1/manage")]
    [InlineData("127.0.0.1:1")]
    public async Task Endpoint_OfAnotherForm_IsRefused(string endpoint) =>
        (await _place.RunAsync("keyvault", "list", "--endpoint", endpoint, "--token-file", stage.Server.ManagementTokenFile)).Refuses(
            ErrorCodes.InvalidRequest
        );

    [Theory]
    [InlineData("--endpoint")]
    [InlineData("--ca")]
    [InlineData("--token-file")]
    public async Task EmptyOption_IsWrongUsage_AndLeadsNotToTheStoresKeys(string option)
    {
        var refused = await _place.RunAsync("keyvault", "create", "--name", "kv1", "--location", "home", option, "");

        refused.Exits(2);
        Assert.Contains($"{option} is empty.", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_place.Store));
    }

    [Fact]
    public async Task EveryCommand_AnswersAsItDoesOnTheStoresKeys()
    {
        var (kv, roles, identity) = (stage.NewName("kv"), stage.NewName("kv"), stage.NewName("id"));
        foreach (var command in Story(kv, roles, identity))
        {
            var (local, served) = (await _place.RunAsync(command), await ServedAsync(command));
            Assert.Equal((served.Command, local.ExitCode), (served.Command, served.ExitCode));
            Assert.Equal(Comparable(local), Comparable(served));
        }
    }

    /// <summary>Every command, with its refusals.</summary>
    private static IEnumerable<string[]> Story(string kv, string roles, string identity)
    {
        string[] key = [KeysOfKv, kv, "--name", "kek"];
        string[] principal = ["--object-id", "3f2a1111-2222-3333-4444-555555555555"];
        yield return ["keyvault", "create", "--name", kv, "--location", "home", "--retention-days", "7"];
        yield return ["keyvault", "create", "--name", kv, "--location", "home"];
        yield return ["keyvault", "show", "--name", kv];
        yield return ["keyvault", "show", "--name", "nosuchvault"];
        yield return ["keyvault", "key", "create", .. key, "--kty", "RSA", "--size", "2048"];
        yield return ["keyvault", "key", "create", KeysOfKv, kv, "--name", "ec", "--kty", "EC", "--curve", "P-384"];
        yield return ["keyvault", "key", "create", KeysOfKv, kv, "--name", "kek", "--size", "1024"];
        yield return ["keyvault", "key", "create", KeysOfKv, kv, "--name", "a_b"];
        yield return ["keyvault", "key", "rotate", .. key];
        yield return ["keyvault", "key", "show", .. key];
        yield return ["keyvault", "key", "show", .. key, "--version", "00112233445566778899aabbccddeeff"];
        yield return ["keyvault", "key", "list-versions", .. key];
        yield return ["keyvault", "key", "set-attributes", .. key, "--enabled", "false", "--expires", "2030-01-01"];
        yield return ["keyvault", "key", "delete", .. key];
        yield return ["keyvault", "key", "show", .. key];
        yield return ["keyvault", "key", "create", .. key];
        yield return ["keyvault", "key", "recover", .. key];
        yield return ["keyvault", "key", "delete", .. key];
        yield return ["keyvault", "key", "purge", .. key];
        yield return ["keyvault", "key", "recover", .. key];
        yield return ["keyvault", "set-policy", "--name", kv, .. principal, "--key-permissions", "get", "WRAPKEY"];
        yield return ["keyvault", "set-policy", "--name", kv, .. principal, "--key-permissions", "fly"];
        yield return ["keyvault", "delete-policy", "--name", kv, .. principal];
        yield return ["keyvault", "delete-policy", "--name", kv, .. principal];
        yield return ["keyvault", "update", "--name", kv, "--enable-purge-protection", "true", "--default-action", "Deny"];
        yield return ["keyvault", "update", "--name", kv, "--enable-purge-protection", "false"];
        yield return ["keyvault", "key", "delete", KeysOfKv, kv, "--name", "ec"];
        yield return ["keyvault", "key", "purge", KeysOfKv, kv, "--name", "ec"];
        yield return ["keyvault", "create", "--name", roles, "--location", "home", "--enable-rbac-authorization", "true"];
        yield return ["keyvault", "set-policy", "--name", roles, .. principal, "--key-permissions", "get"];
        yield return ["keyvault", "assign-role", "--name", roles, .. principal, "--role", "key vault crypto officer"];
        yield return ["keyvault", "assign-role", "--name", roles, .. principal, "--role", "Owner"];
        yield return ["keyvault", "remove-role", "--name", roles, .. principal, "--role", "Key Vault Crypto Officer"];
        yield return ["identity", "create", "--name", identity];
        yield return ["identity", "create", "--name", "a b"];
        yield return ["identity", "show", "--name", identity];
        yield return ["identity", "delete", "--name", identity];
        yield return ["identity", "show", "--name", identity];
        yield return ["identity", "delete", "--name", identity];
    }

    [Fact]
    public async Task Lists_AreThoseOfTheServer_AndNoStoreIsMade()
    {
        var (kv, identity) = (stage.NewName("kv"), stage.NewName("id"));
        (await ServedAsync("keyvault", "create", "--name", kv, "--location", "home")).Exits(0);
        (await ServedAsync("identity", "create", "--name", identity)).Exits(0);

        Assert.Contains(kv, Names(await ServedAsync("keyvault", "list")));
        Assert.Contains(identity, Names(await ServedAsync("identity", "list")));
        Assert.False(Directory.Exists(_place.Store));
    }

    [Fact]
    public async Task Key_OfTheServer_IsSaidToBeInNoRecoveryKit()
    {
        var kv = stage.NewName("kv");
        (await ServedAsync("keyvault", "create", "--name", kv, "--location", "home")).Exits(0);

        var created = await ServedAsync("keyvault", "key", "create", KeysOfKv, kv, "--name", "kek");

        Assert.Contains("The development server keeps this key", created.Error, StringComparison.Ordinal);
        Assert.StartsWith($"https://{kv}.vault.localhost/keys/kek/", created.Json.GetProperty("key").GetProperty("kid").GetString());
    }

    [Fact]
    public async Task RecoveryKit_SaysThatItHoldsNothingOfTheServer()
    {
        (await _place.RunAsync("vault", "create", "--name", "docs", "--location", "home")).Exits(0);

        var kit = (await ServedAsync("keyvault", "backup", "--out", _place["kit"])).Exits(0);

        Assert.Contains($"It holds no key of the development Key Vault at {Endpoint}", kit.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyVault_ThatIsNotThere_IsNotFound() =>
        (await ServedAsync("keyvault", "key", "create", KeysOfKv, "nosuchvault", "--name", "kek")).Refuses("ResourceNotFound");

    private static IEnumerable<string?> Names(CommandResult list) =>
        list.Exits(0).Json.EnumerateArray().Select(item => item.GetProperty("name").GetString());

    private string TokenFile(string content)
    {
        var file = _place["token"];
        File.WriteAllText(file, content);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }

    /// <summary>What was printed, without what is random or the time.</summary>
    private static string Comparable(CommandResult result) => Different().Replace(result.Output, "*");

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}|\"(?:n|x|y|tenantId)\": ?\"[^\"]*\"|(?<=: ?)1[0-9]{9}")]
    private static partial Regex Different();
}
