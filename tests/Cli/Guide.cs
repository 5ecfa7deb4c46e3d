using System.Diagnostics;
using System.Text.RegularExpressions;
using RecoveryVault.Cli;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Cli;

/// <summary>A document, or one section of it, whose commands are run as they stand there, in bash at the root of the repository.</summary>
internal sealed partial class Guide(string path, string? section = null)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>The blocks of a language, such as sh.</summary>
    public IEnumerable<string> Blocks(string language) =>
        Block().Matches(Text).Where(b => b.Groups[1].Value == language).Select(b => b.Groups[2].Value);

    /// <summary>What follows the word <c>rvault</c> in its commands, however they are nested.</summary>
    public IReadOnlyList<string> Commands =>
        [
            .. Blocks("sh")
                .SelectMany(block => block.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n'))
                .Select(line => RvaultCommand().Match(line).Groups[1].Value)
                .Where(command => command.Length > 0),
        ];

    /// <summary>Every command must be one that the program knows.</summary>
    public void RequireCommandsThatParse(int atLeast)
    {
        Assert.True(Commands.Count >= atLeast, $"{Commands.Count} commands");
        foreach (var command in Commands)
        {
            var parsed = CommandLine.Build().Parse([.. ReadmeStory.Words(command)]);
            Assert.True(parsed.Errors.Count == 0, $"{command}: {string.Join(' ', parsed.Errors)}");
        }
    }

    /// <summary>Runs a script and returns its exit code and all it printed.</summary>
    /// <param name="script">For bash.</param>
    /// <param name="environment">Beside that of the tests.</param>
    public static async Task<(int Code, string Output)> RunAsync(string script, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("bash", ["-c", script])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        start.Environment["DOTNET_TieredPGO"] = "0";
        using var process = Process.Start(start) ?? throw new InvalidOperationException("bash did not start.");
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        var (output, errors) = (
            process.StandardOutput.ReadToEndAsync(patience.Token),
            process.StandardError.ReadToEndAsync(patience.Token)
        );
        try
        {
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private string Text
    {
        get
        {
            var text = Repository.Read(path);
            if (section is null)
                return text;
            var begin = text.IndexOf($"\n## {section}\n", StringComparison.Ordinal);
            Assert.True(begin >= 0, $"{path} has no section '{section}'.");
            var end = text.IndexOf("\n## ", begin + 1, StringComparison.Ordinal);
            return end < 0 ? text[begin..] : text[begin..end];
        }
    }

    [GeneratedRegex("^```(sh|text)\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"\brvault ([^|)]*?)\s*(?:\|.*|\).*)?$")]
    private static partial Regex RvaultCommand();
}
