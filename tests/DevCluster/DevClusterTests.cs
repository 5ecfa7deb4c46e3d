using System.Runtime.Versioning;
using RecoveryVault.Tests.Cli;
using RecoveryVault.Tests.DevKeyVault;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.DevCluster;

/// <summary><c>deploy/dev-cluster</c>: its walk-through as it stands in the README, and what it does when used otherwise.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class DevClusterTests : IDisposable
{
    private const string Script = "deploy/dev-cluster";
    private static readonly Guide Guide = new("deploy/README.md", "A cluster on this machine");

    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("", 2, "usage:")]
    [InlineData("restart", 2, "usage:")]
    [InlineData("up --silos", 2, "usage:")]
    [InlineData("up --silos 0", 1, "want a number from 1 to 9")]
    [InlineData("up --store tape", 1, "want files or azurite")]
    [InlineData("status", 1, "there is no cluster in")]
    [InlineData("logs silo-1", 1, "there is no cluster in")]
    [InlineData("down", 0, "There is no cluster in")]
    [InlineData("down --wipe", 0, "There is no cluster in")]
    public async Task Script_WhereNothingIs_SaysSoAndMakesNothing(string arguments, int code, string said)
    {
        var (exit, output) = await RunAsync($"{Script} {arguments}");

        Assert.Equal(code, exit);
        Assert.Contains(said, output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_scratch["cluster"]));
    }

    [Fact]
    public async Task Up_InADirectoryOfSomethingElse_TouchesNothing()
    {
        Directory.CreateDirectory(_scratch["cluster"]);
        await File.WriteAllTextAsync(_scratch["cluster/letter"], "Dear Anna");

        var (exit, output) = await RunAsync($"{Script} up || {Script} down --wipe");

        Assert.Equal(0, exit);
        Assert.Contains("holds something that is no cluster", output, StringComparison.Ordinal);
        Assert.Equal(["letter"], Directory.EnumerateFileSystemEntries(_scratch["cluster"]).Select(Path.GetFileName));
    }

    /// <summary>Four processes to start and a silo to lose: only where more than the least is asked for.</summary>
    [ToolsFact("bash", "setsid", "flock")]
    public async Task Commands_OfTheGuide_RunAsTheyStand()
    {
        if (TestScale.Factor < 3)
            return;
        Directory.CreateDirectory(_scratch["home/Documents"]);
        await File.WriteAllTextAsync(_scratch["home/Documents/letter.txt"], "Dear Anna");

        var (code, output) = await RunAsync(
            $$"""
            set -euo pipefail
            trap '{{Script}} down --wipe' EXIT
            rvault() { dotnet '{{AppContext.BaseDirectory}}rvault.dll' --no-progress "$@"; }
            {{string.Join('\n', Guide.Blocks("sh"))}}
            """
        );

        Assert.True(code == 0, $"exit code {code}\n{output}");
        Assert.Contains("exit code 1", output, StringComparison.Ordinal);
        Assert.Equal(["lock"], Directory.EnumerateFileSystemEntries(_scratch["cluster"]).Select(Path.GetFileName));
    }

    [Fact]
    public void EveryCommand_OfTheGuide_Parses() => Guide.RequireCommandsThatParse(atLeast: 9);

    private Task<(int Code, string Output)> RunAsync(string script) =>
        Guide.RunAsync(
            script,
            ("RVAULT_DEV_CLUSTER", _scratch["cluster"]),
            ("RVAULT_DEV_CLUSTER_PROGRAMS", AppContext.BaseDirectory),
            ("HOME", _scratch["home"])
        );
}
