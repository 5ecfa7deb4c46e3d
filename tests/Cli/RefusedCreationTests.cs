using System.Runtime.Versioning;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Cli;

/// <summary>The first command of a new store makes it only when what it was asked to create can be created.</summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class RefusedCreationTests : IDisposable
{
    private readonly CommandPlace _place = new();

    public static TheoryData<string, string> BadVaults =>
        new()
        {
            { "--location", "" },
            { "--location", new string('r', 65) },
            { "--location", "west\neurope" },
            { "--resource-group", new string('g', 91) },
            { "--subscription", new string('s', 65) },
            { "--tags", new string('t', 257) + "=v" },
            { "--tags", "t=" + new string('v', 257) },
            { "--tags", "t=a\tb" },
        };

    public void Dispose() => _place.Dispose();

    [Theory]
    [MemberData(nameof(BadVaults))]
    public async Task VaultCreate_SettingBreaksTheRules_IsRefusedAndMakesNoStore(string option, string value)
    {
        string[] location = option == "--location" ? [] : ["--location", "home"];
        var refused = await _place.RunAsync(["vault", "create", "--name", "docs", option, value, .. location]);
        refused.Refuses(ErrorCodes.InvalidRequest);
        RequireNothingMade();
    }

    [Fact]
    public async Task VaultCreate_TooManyTags_IsRefusedAndMakesNoStore()
    {
        string[] tags = [.. Enumerable.Range(0, 16).Select(i => $"t{i}=v")];
        var refused = await _place.RunAsync(["vault", "create", "--name", "docs", "--location", "home", "--tags", .. tags]);
        refused.Refuses(ErrorCodes.InvalidRequest);
        RequireNothingMade();
    }

    [Theory]
    [InlineData("--name", "k")]
    [InlineData("--location", "west/europe")]
    [InlineData("--location", "")]
    [InlineData("--retention-days", "6")]
    [InlineData("--retention-days", "91")]
    [InlineData("--enable-soft-delete", "false")]
    public async Task KeyVaultCreate_SettingBreaksTheRules_IsRefusedAndMakesNoStore(string option, string value)
    {
        Dictionary<string, string> options = new()
        {
            ["--name"] = "kv1",
            ["--location"] = "home",
            ["--enable-purge-protection"] = "true",
            [option] = value,
        };
        var refused = await _place.RunAsync(["keyvault", "create", .. options.SelectMany(o => (string[])[o.Key, o.Value])]);
        Assert.NotEqual(0, refused.ExitCode);
        RequireNothingMade();
    }

    private void RequireNothingMade()
    {
        Assert.False(Directory.Exists(_place.Store));
        Assert.False(Directory.Exists(_place.Keys));
    }
}
