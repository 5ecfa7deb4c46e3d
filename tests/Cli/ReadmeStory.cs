using System.Text.RegularExpressions;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Cli;

/// <summary>
/// The README's "Use it" block, run line by line as it stands there; only the reader's own places are others. What it makes is the store
/// of the tests that look at commands one by one.
/// </summary>
public sealed partial class ReadmeStory : IAsyncLifetime
{
    public ReadmeStory() => Environment.SetEnvironmentVariable("RVAULT_PASSPHRASE", "four random words suffice");

    internal CommandPlace Place { get; } = new();

    /// <summary>How each line went, up to the first that failed.</summary>
    internal List<CommandResult> Results { get; } = [];

    /// <summary>The block's commands.</summary>
    internal static IReadOnlyList<string> Lines { get; } =
    [
        .. ShellBlocks()
            .Matches(Repository.Read("README.md"))
            .Select(block => block.Groups[1].Value)
            .Single(block => block.Contains("rvault keyvault create", StringComparison.Ordinal))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => !line.StartsWith('#')),
    ];

    public async Task InitializeAsync()
    {
        var principal = "";
        foreach (var line in Lines)
        {
            var arguments = Words(line).Skip(1).Select(word => Here(word, principal));
            var result = await Place.RunForPeopleAsync([.. arguments]);
            Results.Add(result);
            if (result.ExitCode != 0)
                return;
            if (PrincipalId().Match(result.Output) is { Success: true } printed)
                principal = printed.Groups[1].Value;
        }
    }

    public Task DisposeAsync()
    {
        Place.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>A shell's words: blanks part them, single quotes keep them.</summary>
    internal static IEnumerable<string> Words(string line) =>
        WordPattern().Matches(line).Select(word => word.Value.Replace("'", "", StringComparison.Ordinal));

    private string Here(string word, string principal) =>
        word switch
        {
            "PRINCIPAL-ID" => principal,
            "~/Documents" => Place.Source,
            "docs.rvkit" or "docs-rotated.rvkit" => Place[word],
            "/tmp/papers" => Place["papers"],
            _ => word,
        };

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex ShellBlocks();

    [GeneratedRegex(@"(?:'[^']*'|\S)+")]
    private static partial Regex WordPattern();

    [GeneratedRegex(@"Principal id +(\S+)")]
    private static partial Regex PrincipalId();
}
