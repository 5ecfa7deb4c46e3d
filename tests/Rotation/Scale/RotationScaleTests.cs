using System.Diagnostics;
using System.Globalization;
using RecoveryVault.Jobs;
using RecoveryVault.Keys.Rest;
using RecoveryVault.Keys.Traffic;
using RecoveryVault.Rotation;
using RecoveryVault.Tests.Scale;
using RecoveryVault.Tests.Style;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Rotation.Scale;

/// <summary>
/// Thousands of vaults on one silo get a new key version at once: the real grains and the real traffic before the key vaults, in simulated
/// time. The long run has 10,000 vaults over ten key vaults; with fewer the budget is smaller in proportion.
/// </summary>
public sealed class RotationScaleTests(ITestOutputHelper output)
{
    private const int Items = 5;
    private const int VaultsOfAKeyVault = 1000;

    /// <summary>A third of the 30 s after which Orleans gives a call up; with a smaller budget calls take longer in proportion.</summary>
    private static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task NewVersions_OfManyVaultsAtOnce_AreInForceEverywhereWithinTheHour_WithinTheBudget()
    {
        var vaults = (int)TestScale.Iterations(100);
        var keyVaults = Math.Max(1, vaults / VaultsOfAKeyVault);
        var options = new RestOptions();
        options = options with { UnitsPerTenSeconds = options.UnitsPerTenSeconds * vaults / (keyVaults * VaultsOfAKeyVault) };
        var watch = Stopwatch.StartNew();
        await using var stage = await ScaleStage.CreateAsync(options, vaults, Items, keyVaults);
        var (memory, stored) = (GC.GetTotalMemory(forceFullCollection: true), stage.Stored);
        (stage.KeyVaults.Versions, stage.KeyVaults.IsFree) = (2, false);

        output.WriteLine($"made in {watch.Elapsed.TotalSeconds:0} s");
        await stage.LiveAsync(PollRules.MaxAge);
        output.WriteLine($"an hour simulated, all in {watch.Elapsed.TotalSeconds:0} s");

        stage.KeyVaults.IsFree = true;
        var ended = await EndsAsync(stage);
        Print(stage, options, ended, memory, stored, (vaults, keyVaults));
        Assert.Equal(vaults, ended.Count);
        Assert.InRange(stage.Figures.MostUnits(CallBudget.Window), 1, options.UnitsPerTenSeconds);
        var budget = (double)options.UnitsPerTenSeconds / new RestOptions().UnitsPerTenSeconds;
        Assert.InRange(stage.Figures.Longest.Took, TimeSpan.Zero, LongestCall / budget);
        var (most, mean) = stage.Figures.PollsPerSecond(PollRules.MaxAge);
        // Independent polls at this rate pass the bound in one of ten million hours; polls in step pass it at once.
        Assert.InRange(most, 1, 8 + (4 * mean));
    }

    /// <summary>When each rotation that is finished had its end, from the beginning on.</summary>
    private static async Task<IReadOnlyList<TimeSpan>> EndsAsync(ScaleStage stage)
    {
        List<TimeSpan> ended = [];
        foreach (var vault in stage.Vaults)
        {
            var encryption = await vault.Vault.GetEncryptionAsync();
            var jobs = await vault.Jobs.ListAsync(new JobQuery(null, JobOperations.UpdateCustomerManagedKey, new PageRequest(null)));
            var isDone = encryption is { PreviousKeyVersion: null, KeyVersion: { } version } && Convert.ToInt32(version, 16) == 2;
            if (isDone && jobs.Items.Max(job => job.EndTime) is { } end)
                ended.Add(end - ScaleStage.Start);
        }
        return [.. ended.Order()];
    }

    private void Print(
        ScaleStage stage,
        RestOptions options,
        IReadOnlyList<TimeSpan> ended,
        long memory,
        StoreUse stored,
        (int Vaults, int KeyVaults) counts
    )
    {
        var (figures, used) = (stage.Figures, stage.Stored - stored);
        var (most, mean) = figures.PollsPerSecond(PollRules.MaxAge);
        var peak = 100.0 * figures.MostUnits(CallBudget.Window) / options.UnitsPerTenSeconds;
        var calls = string.Join(", ", figures.Calls.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Value} {c.Key}"));
        var lines = (string[])
            [
                $"{counts.Vaults} vaults of {Items} items over {counts.KeyVaults} key vault(s): {ended.Count} rotated within the hour",
                $"half of them after {At(0.5)}, 99 % after {At(0.99)}, the last after {At(1)}",
                $"{figures.Requests} requests ({calls}), {figures.Requests / (double)counts.Vaults:0.0} each; {figures.Withheld} withheld",
                $"fullest ten seconds: {peak:0} % of its budget; polls: {most} in the fullest second, {mean:0.0} in the mean one",
                $"{used.Puts + used.Deletes} writes and {used.Gets + used.Lists} reads of the store",
                $"longest grain call {figures.Longest.Took.TotalSeconds:0.0} s ({figures.Longest.Method})",
                $"{memory >> 20} MiB before, {GC.GetTotalMemory(forceFullCollection: true) >> 20} MiB after",
            ];
        foreach (var line in lines)
            output.WriteLine(line);

        string At(double part) =>
            ended.Count == 0 ? "never" : ended[(int)((ended.Count - 1) * part)].ToString(@"mm\:ss", CultureInfo.InvariantCulture);
    }
}
