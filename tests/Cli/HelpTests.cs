using System.Text.RegularExpressions;
using RecoveryVault.Cli;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Cli;

/// <summary>Help, and whatever else tells people to type something.</summary>
[Collection(CommandLineCollection.Name)]
public sealed partial class HelpTests
{
    public static TheoryData<string> Commands => [.. CommandTree.All];

    public static TheoryData<string> Codes => [.. ErrorTable.All.Select(entry => entry.Code)];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Help_OfEveryCommand_HasExamplesThatParse(string command)
    {
        string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var help = (await CommandPlace.RunBareAsync([.. words, "--help"])).Exits(0);
        Assert.Empty(help.Error);
        var examples = Example().Matches(help.Output).Select(m => m.Value.Trim()).ToList();
        Assert.NotEmpty(examples);
        foreach (var example in examples)
        {
            Assert.StartsWith($"rvault {command}".Trim(), example, StringComparison.Ordinal);
            var parsed = CommandLine.Build().Parse([.. ReadmeStory.Words(example).Skip(1)]);
            Assert.True(parsed.Errors.Count == 0, $"{example}: {string.Join(" ", parsed.Errors)}");
        }
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void ErrorTable_CommandsItRecommends_Exist(string code)
    {
        var entry = Assert.Single(ErrorTable.All, e => e.Code == code);
        foreach (var words in Recommended().Matches(entry.Fix).Select(m => ReadmeStory.Words(m.Groups[1].Value).ToArray()))
        {
            var path = string.Join(' ', words.TakeWhile(word => !word.StartsWith('-')));
            Assert.Contains(path, CommandTree.Leaves);
            var options = CommandLine.Build().Parse(words).CommandResult.Command.Options.SelectMany(o => o.Aliases.Prepend(o.Name));
            Assert.All(words.Where(word => word.StartsWith("--", StringComparison.Ordinal)), word => Assert.Contains(word, options));
        }
    }

    [Fact]
    public async Task Version_IsTheProgramsOwn()
    {
        var version = (await CommandPlace.RunBareAsync("--version")).Exits(0).Output;
        Assert.Matches(@"^\d+\.\d+\.\d+", version);
    }

    [GeneratedRegex(@"^  rvault (?!.*\[(command|options)\]).*$", RegexOptions.Multiline)]
    private static partial Regex Example();

    [GeneratedRegex("'rvault ([^']+)'")]
    private static partial Regex Recommended();
}
