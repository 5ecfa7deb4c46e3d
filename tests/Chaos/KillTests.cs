using System.Globalization;
using System.Runtime.Versioning;
using RecoveryVault.Tests.Cli;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Chaos;

/// <summary>
/// Three silos as processes on Azurite and the development Key Vault, fifty items backed up all the time, silos killed at random:
/// ten minutes at scale 30, and one from scale 3 on. <c>RVAULT_CHAOS_SEED=N</c> draws the same victims again.
/// </summary>
[Collection(CommandLineCollection.Name)]
[NeedsTools("node", "npm", "kill", "env")]
[UnsupportedOSPlatform("windows")]
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Items = 50;
    private const int LeastScale = 3;

    /// <summary>From here on a silo stands still now and then, which takes half a minute or more each time.</summary>
    private const int FreezingScale = 10;

    private const int LongScale = 30;
    private static readonly TimeSpan Bar = TimeSpan.FromSeconds(30);

    /// <summary>What a machine that does much besides is forgiven.</summary>
    private static readonly TimeSpan HardBar = TimeSpan.FromSeconds(60);

    /// <summary>Processes that want a processor, for each there is: the run itself makes four.</summary>
    private const double MaxLoad = 6;

    private static double LoadPerProcessor =>
        double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture) / Environment.ProcessorCount;

    [StoreFact]
    public async Task Silos_KilledAtRandom_LoseNoAcknowledgedPoint()
    {
        if (TestScale.Factor < LeastScale)
            return;
        var (draw, duration) = (ChaosDraw.OfRun(), TimeSpan.FromSeconds(Math.Min(600, 20 * TestScale.Factor)));
        output.WriteLine($"seed {draw.Seed}");
        await using var place = await ChaosPlace.StartAsync(silos: 3);
        ChaosVaults vaults;
        ChaosKills kills;
        await using (var connection = await place.ConnectAsync())
        {
            vaults = new ChaosVaults(place, connection.Client);
            await vaults.CreateAsync(vaults: 2, Items);
            kills = new ChaosKills(place, vaults.Items, freezes: TestScale.Factor >= FreezingScale, draw);
            await RunAsync(vaults, kills, duration);
            foreach (var id in vaults.Ids)
                await ChaosEnd.RequireNoJobsAsync(connection.Client.Open(id));
        }
        await place.StartColdAsync(TestScale.Factor < LongScale ? "rvault" : "another");
        await using var cold = await place.ConnectAsync();
        var end = new ChaosEnd(place, vaults, cold.Client);
        await end.CheckAsync(samples: TestScale.Factor < LongScale ? 70 : 500, draw);

        output.WriteLine(Report(vaults, kills, end, duration, draw));
        Assert.Equal(0, end.Lost);
        if (LoadPerProcessor < MaxLoad)
            Assert.All(kills.Recoveries, r => Assert.True(r.Ready < HardBar, $"ready after {r.Ready.TotalSeconds:0.0} s"));
    }

    private static async Task RunAsync(ChaosVaults vaults, ChaosKills kills, TimeSpan duration)
    {
        using var stop = new CancellationTokenSource();
        var work = vaults.Items.Select(item => item.WorkAsync(stop.Token)).ToList();
        var rotating = RotateAsync(vaults, duration, stop.Token);
        try
        {
            await kills.RunAsync(duration);
        }
        finally
        {
            await stop.CancelAsync();
        }
        await rotating;
        await Task.WhenAll(work);
    }

    /// <summary>One after a few kills; in a long run one after the other.</summary>
    private static async Task RotateAsync(ChaosVaults vaults, TimeSpan duration, CancellationToken stop)
    {
        var pause = TimeSpan.FromSeconds(Math.Clamp(duration.TotalSeconds / 5, 10, 60));
        do
        {
            await Task.Delay(pause, TimeProvider.System, CancellationToken.None);
            await vaults.RotateAsync();
        } while (!stop.IsCancellationRequested);
    }

    private static string Report(ChaosVaults vaults, ChaosKills kills, ChaosEnd end, TimeSpan duration, ChaosDraw draw)
    {
        var ready = kills.Recoveries.Select(r => r.Ready.TotalSeconds).Order().ToList();
        var whole = kills.Recoveries.Select(r => r.Whole.TotalSeconds).Order().ToList();
        var frozen = kills.Freezes.Select(f => f.TotalSeconds).Order().ToList();
        var failures = vaults.Items.SelectMany(i => i.Failures).CountBy(code => code).Select(f => $"{f.Key} {f.Value}");
        string[] parts =
        [
            $"{ready.Count} silos killed in {duration.TotalSeconds:0} s ({kills.Doubled} while another was away)",
            $" and {frozen.Count} frozen, seed {draw.Seed}:",
            $" {vaults.Items.Sum(i => i.Points.Count)} recovery points of {Items} items acknowledged,",
            $" {end.Lost} lost, {end.Restored} restored,",
            $" {end.Unheard} more there; {vaults.Items.Sum(i => i.Restarts)} restarts, failed: {string.Join(", ", failures)}.;",
            $" {vaults.Rotations} rotations; ready again after {ready[^1]:0.0} s at the worst,",
            $" {ready[ready.Count / 2]:0.0} s in the middle, {ready.Count(r => r > Bar.TotalSeconds)} times after more than",
            $" {Bar.TotalSeconds:0} s; every item after {whole[^1]:0.0} s at the worst,",
            $" {whole[whole.Count / 2]:0.0} s in the middle{(frozen.Count > 0 ? $", after a freeze {frozen[^1]:0.0} s at the worst" : "")}, load {LoadPerProcessor:0.0} a processor",
        ];
        return string.Concat(parts);
    }
}
