using System.Text.RegularExpressions;
using RecoveryVault.Cli;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Cli;

/// <summary>What the README promises is true.</summary>
[Collection(CommandLineCollection.Name)]
public sealed partial class ReadmeTests(ReadmeStory story)
{
    [Fact]
    public void Readme_UseItBlock_RunsAsItStands()
    {
        foreach (var result in story.Results)
            result.Exits(0);
        Assert.Equal(ReadmeStory.Lines.Count, story.Results.Count);
    }

    [Fact]
    public void Readme_RestoredCopy_HoldsTheSourceWithoutWhatWasExcluded()
    {
        Assert.Equal("Dear Anna", File.ReadAllText(story.Place["papers/latest"]));
        Assert.Equal(File.ReadAllBytes(story.Place["Documents/photo.raw"]), File.ReadAllBytes(story.Place["papers/photo.raw"]));
        Assert.False(File.Exists(story.Place["papers/letters/draft.tmp"]));
    }

    [Fact]
    public void Readme_EveryCommandItNames_Parses()
    {
        foreach (var line in Regex.Matches(Repository.Read("README.md"), @"^rvault .*$", RegexOptions.Multiline).Select(m => m.Value))
        {
            var parsed = CommandLine.Build().Parse([.. ReadmeStory.Words(line).Skip(1)]);
            Assert.True(parsed.Errors.Count == 0, $"{line}: {string.Join(" ", parsed.Errors)}");
        }
    }

    [Fact]
    public void Readme_Placeholders_AreFilled()
    {
        Assert.DoesNotMatch(Placeholder(), Repository.Read("README.md"));
        Assert.Contains("All of it held", Repository.Read("README.md"), StringComparison.Ordinal);
    }

    [Fact]
    public void Readme_FilesItPointsTo_Exist()
    {
        foreach (var target in Link().Matches(Repository.Read("README.md")).Select(m => m.Groups[1].Value))
            Assert.True(Path.Exists(Path.Combine(Repository.Root, target)), target);
    }

    [GeneratedRegex("@[A-Z]+@")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\]\((?!https?:)([^)#]+)\)")]
    private static partial Regex Link();
}
