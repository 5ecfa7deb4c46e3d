namespace RecoveryVault.Tests.Cli;

/// <summary>The two ways to name a key on the command line.</summary>
[Collection(CommandLineCollection.Name)]
public sealed class KeyChoiceTests(ReadmeStory story)
{
    [Fact]
    [Trait("Requirement", "R40")]
    public async Task R40_KeyPickedByNames_HasAUriWithoutVersion()
    {
        Assert.Contains(ReadmeStory.Lines, line => line.Contains("--key-vault-name kv1 --key-name kek", StringComparison.Ordinal));

        var shown = (await story.Place.RunAsync("vault", "encryption", "show", "--name", "docs")).Exits(0);

        Assert.Equal("https://kv1.vault.localhost/keys/kek", shown["keyUri"]);
        Assert.Matches("^[0-9a-f]{32}$", shown["keyVersion"]);
    }
}
