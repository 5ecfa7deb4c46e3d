using System.Diagnostics;
using System.Globalization;
using RecoveryVault.Tests.Style;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Model;

/// <summary>
/// Runs drawn at random over the whole alphabet, against the real grains. One that fails names its seed and its steps:
/// <c>RVAULT_MODEL_SEED=N</c> runs that one alone, <c>RVAULT_MODEL_STEPS=0,3,7</c> only these steps of it;
/// <c>RVAULT_MODEL_SHRINK=0</c> keeps all.
/// </summary>
public sealed class ModelTests(ITestOutputHelper output)
{
    private static readonly Lazy<Task<(Tally Tally, string Report)>> Runs = new(RunAllAsync);

    [Fact]
    [Trait("Requirement", "R2")]
    [Trait("Requirement", "R52")]
    [Trait("Requirement", "R53")]
    [Trait("Requirement", "R64")]
    public async Task Runs_OfAnySeed_KeepEveryInvariant() => output.WriteLine((await Runs.Value).Report);

    [Fact]
    public async Task Runs_Together_MeetEveryOperationAndSituation()
    {
        if (Replayed is not null)
            return;
        var tally = (await Runs.Value).Tally;
        Assert.Equal([], Enum.GetValues<Operation>().Except(tally.Operations.Keys));
        Assert.Equal([], Enum.GetValues<Situation>().Except(tally.Situations.Keys));
    }

    private static int? Replayed { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("RVAULT_MODEL_SEED"), CultureInfo.InvariantCulture, out var seed) ? seed : null;

    private static async Task<(Tally, string)> RunAllAsync()
    {
        var (tally, clock) = (new Tally(), Stopwatch.StartNew());
        List<int> seeds = Replayed is { } only ? [only] : [.. Enumerable.Range(1, (int)TestScale.Iterations(67))];
        List<(Plan Plan, string Failure)> failures = [];
        var cluster = await ModelCluster.StartAsync();
        foreach (var plan in seeds.Select(seed => Chosen(Plan.Draw(seed))))
        {
            if (await FailureOfAsync(cluster, plan, tally) is not { } failure)
                continue;
            failures.Add((plan, failure));
            // What it left is no place for others.
            await cluster.DisposeAsync();
            cluster = await ModelCluster.StartAsync();
        }
        await cluster.DisposeAsync();
        if (failures.Count > 0)
            Assert.Fail(await ExplainAsync(failures));
        var steps = tally.Operations.Values.Sum();
        return (
            tally,
            $"{seeds.Count} model runs, {steps} operations, seeds {seeds[0]} to {seeds[^1]}, in {clock.Elapsed.TotalSeconds:0.0} s\n{tally}"
        );
    }

    private static Plan Chosen(Plan plan) =>
        Environment.GetEnvironmentVariable("RVAULT_MODEL_STEPS") is { Length: > 0 } text
            ? plan with
            {
                Steps = [.. text.Split(',').Select(i => plan.Steps[int.Parse(i, CultureInfo.InvariantCulture)])],
            }
            : plan;

    /// <summary>All failures, and of the first one the steps that are enough for it.</summary>
    private static async Task<string> ExplainAsync(List<(Plan Plan, string Failure)> failures)
    {
        var (plan, _) = failures[0];
        var shrunk = await ShrinkAsync(plan);
        var numbers = string.Join(',', shrunk.Select(s => IndexOf(plan, s)));
        return string.Join('\n', failures.Select(f => $"Seed {f.Plan.Seed} ({f.Plan.Roughness}): {f.Failure}"))
            + $"\nRVAULT_MODEL_SEED={plan.Seed} RVAULT_MODEL_STEPS={numbers} may be enough:\n"
            + string.Join('\n', shrunk.Select(s => $"  {IndexOf(plan, s)}: {s}"))
            + $"\nof {string.Join(' ', plan.Steps)}";
    }

    private static string Shorten(Exception e)
    {
        var own = (e.StackTrace ?? "").Split('\n').Where(line => line.Contains(nameof(ModelRun), StringComparison.Ordinal)).Take(4);
        return $"{e.GetType().Name}: {e.Message}\n{string.Join('\n', own)}";
    }

    private static int IndexOf(Plan plan, Step step) => plan.Steps.TakeWhile(s => !ReferenceEquals(s, step)).Count();

    private static async Task<string?> FailureOfAsync(ModelCluster cluster, Plan plan, Tally tally)
    {
        using var run = new ModelRun(cluster, plan, tally);
        try
        {
            await run.RunAsync();
            return null;
        }
        catch (Exception e)
        {
            return $"{run.Where}: {(e is InvariantBrokenException ? e.Message : Shorten(e))}";
        }
        finally
        {
            cluster.Clear();
        }
    }

    /// <summary>Leaves steps out as long as the rest still fails; no longer than a minute.</summary>
    private static async Task<IReadOnlyList<Step>> ShrinkAsync(Plan plan)
    {
        var (clock, steps) = (Stopwatch.StartNew(), plan.Steps.ToList());
        if (Environment.GetEnvironmentVariable("RVAULT_MODEL_SHRINK") == "0")
            return steps;
        for (var size = steps.Count / 2; size > 0; size /= 2)
        for (var from = 0; from + size <= steps.Count && clock.Elapsed < TimeSpan.FromMinutes(1); )
        {
            List<Step> fewer = [.. steps[..from], .. steps[(from + size)..]];
            await using var cluster = await ModelCluster.StartAsync();
            if (await FailureOfAsync(cluster, plan with { Steps = fewer }, new Tally()) is not null)
                steps = fewer;
            else
                from += size;
        }
        return steps;
    }
}
