using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using RecoveryVault.Tests.Style;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Model;

/// <summary>
/// Years of a vault on fake time: daily backups, monthly rotations, outages, revocations, restarts, deletions, retention. Every evening
/// points, jobs and log are what a ledger says, and at the end every live recovery point comes back. <c>RVAULT_YEAR_SEED=N</c> lives that
/// one alone, whole.
/// </summary>
public sealed class YearTests(ITestOutputHelper output)
{
    private const double WholeYears = 3;

    [Fact]
    [Trait("Requirement", "R2")]
    [Trait("Requirement", "R50")]
    [Trait("Requirement", "R51")]
    [Trait("Requirement", "R58")]
    public async Task Years_WithEverythingThatHappensInThem_BalanceEveryEvening()
    {
        var clock = Stopwatch.StartNew();
        ConcurrentQueue<string> figures = [];
        var calendars = Calendars();
        // Each has a cluster of its own, and one keeps one processor busy.
        await Parallel.ForEachAsync(
            calendars,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            async (calendar, _) =>
                figures.Enqueue($"  seed {calendar.Seed}, {calendar.Days} days, {calendar.Items} items: {await LiveAsync(calendar)}")
        );
        var whole = calendars.Count(c => c.Days >= 365);
        output.WriteLine($"{whole} simulated years, {calendars.Count - whole} quarters, in {clock.Elapsed.TotalSeconds:0.0} s");
        output.WriteLine(string.Join('\n', figures));
    }

    /// <summary>A quarter with few items where tests must be fast, whole years where they must be many.</summary>
    private static List<Calendar> Calendars() =>
        int.TryParse(Environment.GetEnvironmentVariable("RVAULT_YEAR_SEED"), CultureInfo.InvariantCulture, out var seed)
            ? [new Calendar(seed, 365, 20)]
        : TestScale.Factor < WholeYears ? [new Calendar(1, 92, 3)]
        : [.. Enumerable.Range(1, (int)(TestScale.Factor / WholeYears)).Select(number => new Calendar(number, 365, 20))];

    private static async Task<YearFigures> LiveAsync(Calendar calendar)
    {
        await using var cluster = await ModelCluster.StartAsync();
        using var run = new ModelRun(cluster, new Plan(calendar.Seed, Roughness.Deadly, []), new Tally()) { Keep = (5, 30) };
        try
        {
            await run.RunYearAsync(calendar);
            return run.Figures;
        }
        catch (Exception e)
        {
            throw new InvariantBrokenException($"Year {calendar}, {run.Where}: {e}");
        }
    }
}
