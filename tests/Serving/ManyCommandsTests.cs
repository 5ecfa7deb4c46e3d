using System.Runtime.Versioning;
using RecoveryVault.Items;
using RecoveryVault.Tests.Cli;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Style;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Serving;

/// <summary>Two dozen commands at once against three silos that have room for half of them.</summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class ManyCommandsTests(ITestOutputHelper output)
{
    private const int OfEachKind = 8;
    private const int FileBytes = 2 << 20;

    /// <summary>Of a command beside 23 others and three silos, on a machine that may do a lot besides.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>A silo at rest has some 150 MB; four sessions of a few MiB each are not what could double that.</summary>
    private const long MostBytes = 600L << 20;

    private sealed record Run(string Kind, int Item, int ExitCode, TimeSpan Took, string Said);

    [Fact]
    public async Task Commands_TwoDozenAtOnce_AllSucceedInTurnAndRestoreWhatWasThere()
    {
        if (TestScale.Factor < 3)
            return;
        await using var place = await LoadPlace.StartAsync(silos: 3, "RVAULT_MAX_SESSIONS=2");
        await ProtectAllAsync(place);

        var runs = await Task.WhenAll(
            Enumerable
                .Range(0, OfEachKind)
                .SelectMany(n =>
                    new[]
                    {
                        RunAsync(place, "backup", n, "protection", "backup-now", "--item-name", $"new-{n}"),
                        RunAsync(place, "list", n, "recoverypoint", "list", "--item-name", $"old-{n}"),
                        RunAsync(place, "restore", n, "restore", "run", "--item-name", $"old-{n}", "--target", place[$"restored-{n}"]),
                    }
                )
        );

        Assert.All(runs, run => Assert.True(run.ExitCode == 0, $"{run}"));
        for (var n = 0; n < OfEachKind; n++)
            Assert.True(ChildProcess.Succeeds("diff", "-r", place[$"old-{n}"], place[$"restored-{n}"]), $"old-{n} is not what it was.");
        await EveryItemHasOnePointAsync(place);
        Report(place, runs);
    }

    private static async Task ProtectAllAsync(LoadPlace place)
    {
        await using var connection = await place.ConnectAsync();
        await LoadPlace.CreateVaultAsync(connection.Client);
        for (var n = 0; n < OfEachKind; n++)
        {
            await place.ProtectAsync(connection.Client, $"old-{n}", isBackedUp: true, 100, FileBytes);
            await place.ProtectAsync(connection.Client, $"new-{n}", isBackedUp: false, 100, FileBytes);
        }
    }

    private static async Task<Run> RunAsync(LoadPlace place, string kind, int item, params string[] arguments)
    {
        var started = TimeProvider.System.GetTimestamp();
        await using var command = place.Command([.. arguments, "--vault-name", LoadPlace.VaultName]);
        var code = await command.WaitAsync(Patience);
        return new Run(kind, item, code, TimeProvider.System.GetElapsedTime(started), command.Errors);
    }

    private static async Task EveryItemHasOnePointAsync(LoadPlace place)
    {
        await using var connection = await place.ConnectAsync();
        for (var n = 0; n < OfEachKind; n++)
        {
            var item = await connection.Client.FindItemAsync(LoadPlace.VaultName, $"new-{n}");
            Assert.Single((await item.ListRecoveryPointsAsync(new())).Items);
        }
    }

    /// <summary>Nobody waits for more than a few of the others, and no silo holds more for it.</summary>
    private void Report(LoadPlace place, Run[] runs)
    {
        foreach (var kind in runs.GroupBy(run => run.Kind))
        {
            var took = kind.Select(run => run.Took.TotalSeconds).Order().ToList();
            output.WriteLine($"{kind.Key}: median {took[took.Count / 2]:0.0} s, worst {took[^1]:0.0} s");
            Assert.True(took[^1] < (4 * took[took.Count / 2]) + 10, $"{kind.Key}: {string.Join(' ', took.Select(t => $"{t:0.0}"))}");
        }
        output.WriteLine($"{runs.Count(run => run.Said.Contains("Waiting for room", StringComparison.Ordinal))} commands waited for room");
        foreach (var silo in place.Silos)
        {
            var use = ProcessUse.Of(silo.Process.Id);
            output.WriteLine($"silo: {use.ResidentBytes >> 20} MiB, at most {use.PeakBytes >> 20} MiB, {use.Threads} threads");
            Assert.True(use.PeakBytes < MostBytes, $"{use}");
        }
    }
}
