using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using RecoveryVault.Cli;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>
/// The walk-through of the server's README as it stands there, by real processes: the server, and <c>rvault</c> for every command. What
/// it shows of the output is what came out.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed partial class WalkThroughTests : IDisposable
{
    private const string Guide = "deploy/dev-key-vault/README.md";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [ToolsFact("bash", "curl")]
    public async Task Commands_OfTheGuide_RunAsTheyStand()
    {
        var script = string.Join('\n', Blocks("sh").TakeWhile(block => !block.StartsWith("az ", StringComparison.Ordinal)));

        var (code, output) = await RunAsync(
            $$"""
            set -euo pipefail
            trap 'kill $(jobs -p) 2>/dev/null && wait || true' EXIT
            rvault() { env dotnet '{{AppContext.BaseDirectory}}rvault.dll' --no-progress "$@"; }
            dotnet() { exec env dotnet '{{AppContext.BaseDirectory}}RecoveryVault.DevKeyVault.dll' "${@:5}"; }
            {{script}}
            """
        );

        Assert.True(code == 0, $"exit code {code}\n{output}");
        foreach (var line in Blocks("text").SelectMany(block => block.Split('\n', StringSplitOptions.RemoveEmptyEntries)))
            Assert.Contains(line, output, StringComparison.Ordinal);
        Assert.Contains("no               (vault), papers", output, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryCommand_OfTheGuide_Parses()
    {
        var commands = Blocks("sh")
            .SelectMany(block => block.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n'))
            .Select(line => RvaultCommand().Match(line).Groups[1].Value)
            .Where(command => command.Length > 0)
            .ToList();

        Assert.True(commands.Count >= 15, $"{commands.Count} commands");
        foreach (var command in commands)
        {
            var parsed = CommandLine.Build().Parse([.. Cli.ReadmeStory.Words(command)]);
            Assert.True(parsed.Errors.Count == 0, $"{command}: {string.Join(' ', parsed.Errors)}");
        }
    }

    private static IEnumerable<string> Blocks(string language) =>
        Block().Matches(Repository.Read(Guide)).Where(b => b.Groups[1].Value == language).Select(b => b.Groups[2].Value);

    private async Task<(int Code, string Output)> RunAsync(string script)
    {
        var start = new ProcessStartInfo("bash", ["-c", script])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TMPDIR"] = _scratch["."];
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

    [GeneratedRegex("^```(sh|text)\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"\brvault ([^|)]*?)\s*(?:\|.*|\).*)?$")]
    private static partial Regex RvaultCommand();
}
