using System.Runtime.Versioning;
using RecoveryVault.Tests.Cli;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>
/// The walk-through of the server's README as it stands there, by real processes: the server, and <c>rvault</c> for every command. What
/// it shows of the output is what came out.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class WalkThroughTests : IDisposable
{
    private static readonly Guide Guide = new("deploy/dev-key-vault/README.md");

    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [ToolsFact("bash", "curl")]
    public async Task Commands_OfTheGuide_RunAsTheyStand()
    {
        var script = string.Join('\n', Guide.Blocks("sh").TakeWhile(block => !block.StartsWith("az ", StringComparison.Ordinal)));

        var (code, output) = await Guide.RunAsync(
            $$"""
            set -euo pipefail
            trap 'kill $(jobs -p) 2>/dev/null && wait || true' EXIT
            rvault() { env dotnet '{{AppContext.BaseDirectory}}rvault.dll' --no-progress "$@"; }
            dotnet() { exec env dotnet '{{AppContext.BaseDirectory}}RecoveryVault.DevKeyVault.dll' "${@:5}"; }
            {{script}}
            """,
            ("TMPDIR", _scratch["."])
        );

        Assert.True(code == 0, $"exit code {code}\n{output}");
        foreach (var line in Guide.Blocks("text").SelectMany(block => block.Split('\n', StringSplitOptions.RemoveEmptyEntries)))
            Assert.Contains(line, output, StringComparison.Ordinal);
        Assert.Contains("no               (vault), papers", output, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryCommand_OfTheGuide_Parses() => Guide.RequireCommandsThatParse(atLeast: 15);
}
