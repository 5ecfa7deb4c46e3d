using System.Runtime.Versioning;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Cli;

/// <summary><c>rvault identity</c>, and vaults that open their key with one.</summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class IdentityTests : IDisposable
{
    private const string Uri = "https://kv1.vault.localhost/keys/kek";

    private readonly CommandPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    [Trait("Requirement", "R49")]
    public async Task CreateWithKey_WithoutUserAssignedIdentity_MakesNothing()
    {
        var refused = await _place.RunAsync("vault", "create", "--name", "docs", "--location", "home", "--encryption-key-id", Uri);

        refused.Refuses(ErrorCodes.UserErrorCMKAtCreateRequiresUserAssignedIdentity);
        Assert.False(Directory.Exists(_place.Store));
    }

    [Theory]
    [Trait("Requirement", "R49")]
    [InlineData("https://kv1.vault.localhost/secrets/kek")]
    [InlineData("https://kv1.example.org/keys/kek")]
    public async Task CreateWithKey_OfAWrongUri_MakesNothing(string uri)
    {
        var refused = await _place.RunAsync(Create(uri));

        refused.Refuses(ErrorCodes.UserErrorCMKInvalidKeyUri);
        Assert.False(Directory.Exists(_place.Store));
    }

    [Fact]
    [Trait("Requirement", "R49")]
    public async Task CreateWithKey_ThatCannotBeOpened_LeavesNoVault()
    {
        await ReadyAsync();
        await _place.RunAsync("identity", "create", "--name", "backups");

        (await _place.RunAsync(Create(Uri))).Refuses(ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault);

        Assert.Equal(0, (await _place.RunAsync("vault", "list")).Json.GetArrayLength());
    }

    [Theory]
    [Trait("Requirement", "R49")]
    [InlineData("--infrastructure-encryption", "Enabled")]
    [InlineData("--key-vault-name", "kv1")]
    [InlineData("--encryption-key-id", Uri, "--key-vault-name", "kv1", "--key-name", "kek", "--mi-user-assigned", "backups")]
    [InlineData("--encryption-key-id", Uri, "--mi-user-assigned", "backups", "--infrastructure-encryption", "maybe")]
    public async Task CreateWithKey_HalfNamed_IsWrongUsage(params string[] options)
    {
        var refused = await _place.RunAsync(["vault", "create", "--name", "docs", "--location", "home", .. options]);

        Assert.Equal(2, refused.ExitCode);
        Assert.False(Directory.Exists(_place.Store));
    }

    [Fact]
    [Trait("Requirement", "R49")]
    [Trait("Requirement", "R48")]
    public async Task CreateWithKey_Picked_FollowsItAndHasTagsAndInfrastructureEncryption()
    {
        await ReadyAsync();
        await AllowAsync((await _place.RunAsync("identity", "create", "--name", "backups"))["principalId"]);
        string[] picked = ["--key-vault-name", "kv1", "--key-name", "kek", "--mi-user-assigned", "backups"];
        string[] create = ["vault", "create", "--name", "docs", "--location", "home", "--tags", "cost=42", .. picked];

        var made = (await _place.RunAsync([.. create, "--infrastructure-encryption", "enabled"])).Exits(0);

        Assert.Contains("recovery kit", made.Error, StringComparison.Ordinal);
        var encryption = made.Json.GetProperty("encryption");
        Assert.Equal(Uri, encryption.GetProperty("keyUri").GetString());
        Assert.True(encryption.GetProperty("autoRotation").GetBoolean());
        Assert.Equal("Enabled", encryption.GetProperty("infrastructureEncryptionState").GetString());
        Assert.Equal("42", made.Json.GetProperty("tags").GetProperty("cost").GetString());
        string[] protect = ["protection", "enable", "--vault-name", "docs", "--item-name", "papers", "--source", _place.Source];
        (await _place.RunAsync(protect)).Exits(0);
        (await _place.RunAsync("protection", "backup-now", "--vault-name", "docs", "--item-name", "papers")).Exits(0);
        (await _place.RunAsync("recoverypoint", "verify", "--vault-name", "docs", "--item-name", "papers", "--read-data")).Exits(0);
        (await _place.RunAsync("store", "verify")).Exits(0);
        string[] change = ["vault", "encryption", "update", "--name", "docs", "--key-vault-name", "kv1", "--key-name", "kek"];
        (await _place.RunAsync([.. change, "--infrastructure-encryption", "Disabled"])).Refuses(
            ErrorCodes.UserErrorInfrastructureEncryptionImmutable
        );
    }

    [Fact]
    [Trait("Requirement", "R49")]
    [Trait("Requirement", "R23")]
    public async Task CreateWithKey_OpenedByAUserAssignedIdentity_Works_UntilTheIdentityIsDeleted_AndWhenItIsMadeAgain()
    {
        await ReadyAsync();
        var identity = (await _place.RunAsync("identity", "create", "--name", "backups")).Json;
        var principal = identity.GetProperty("principalId").GetString() ?? "";
        await AllowAsync(principal);

        var vault = (await _place.RunAsync(Create(Uri))).Json;

        var encryption = vault.GetProperty("encryption");
        Assert.Equal("CustomerManaged", encryption.GetProperty("encryptionAtRestType").GetString());
        Assert.Equal(identity.GetProperty("id").GetString(), encryption.GetProperty("identity").GetString());
        var assigned = (await _place.RunAsync("vault", "identity", "show", "--name", "docs")).Json;
        Assert.Equal("UserAssigned", assigned.GetProperty("type").GetString());
        Assert.Equal(
            principal,
            assigned
                .GetProperty("userAssignedIdentities")
                .GetProperty(identity.GetProperty("id").GetString() ?? "")
                .GetProperty("principalId")
                .GetString()
        );
        string[] protect = ["protection", "enable", "--vault-name", "docs", "--item-name", "papers", "--source", _place.Source];
        Assert.Equal(0, (await _place.RunAsync(protect)).ExitCode);

        Assert.Equal(0, (await _place.RunAsync("identity", "delete", "--name", "backups")).ExitCode);
        (await _place.RunAsync("identity", "show", "--name", "backups")).Refuses(ErrorCodes.IdentityNotFound);
        (await _place.RunAsync("protection", "backup-now", "--vault-name", "docs", "--item-name", "papers")).Refuses(
            ErrorCodes.KeyVaultUnreachable
        );
        await RequireMadeAgainAsync(principal);
    }

    /// <summary>One of the same name is another identity: it needs permissions of its own, and must be given to the vault again.</summary>
    private async Task RequireMadeAgainAsync(string before)
    {
        var again = (await _place.RunAsync("identity", "create", "--name", "backups"))["principalId"];
        Assert.NotEqual(before, again);
        await AllowAsync(again);
        string[] backup = ["protection", "backup-now", "--vault-name", "docs", "--item-name", "papers"];
        (await _place.RunAsync(backup)).Refuses(ErrorCodes.KeyVaultUnreachable);

        (await _place.RunAsync("vault", "identity", "assign", "--name", "docs", "--user-assigned", "backups")).Exits(0);
        (await _place.RunAsync(backup)).Exits(0);
    }

    [Fact]
    public async Task Commands_ReadAsTheyShould()
    {
        (await _place.RunAsync("identity", "create", "--name", "a b")).Refuses(ErrorCodes.InvalidName);
        Assert.False(Directory.Exists(_place.Store));
        await _place.RunAsync("identity", "create", "--name", "b");
        var made = (await _place.RunAsync("identity", "create", "--name", "a")).Json;
        Assert.Equal(["id", "name", "principalId", "clientId", "tenantId"], made.EnumerateObject().Select(p => p.Name));

        var listed = (await _place.RunAsync("identity", "list")).Json.EnumerateArray().Select(i => i.GetProperty("name").GetString());

        Assert.Equal(["a", "b"], listed);
        Assert.Equal(
            2,
            (await _place.RunAsync("vault", "create", "--name", "docs", "--location", "home", "--mi-user-assigned", "a")).ExitCode
        );
    }

    private static string[] Create(string uri) =>
        ["vault", "create", "--name", "docs", "--location", "home", "--encryption-key-id", uri, "--mi-user-assigned", "backups"];

    private async Task ReadyAsync()
    {
        await _place.RunAsync("keyvault", "create", "--name", "kv1", "--location", "home", "--enable-purge-protection", "true");
        await _place.RunAsync("keyvault", "key", "create", "--vault-name", "kv1", "--name", "kek", "--kty", "RSA");
    }

    private Task<CommandResult> AllowAsync(string principal) =>
        _place.RunAsync([
            "keyvault",
            "set-policy",
            "--name",
            "kv1",
            "--object-id",
            principal,
            "--key-permissions",
            "get",
            "list",
            "wrapKey",
            "unwrapKey",
        ]);
}
