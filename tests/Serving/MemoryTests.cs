using System.Runtime.Versioning;
using System.Security.Cryptography;
using RecoveryVault.Backups;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Restores;
using RecoveryVault.Tests.Cli;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Style;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Serving;

/// <summary>
/// What three silos hold while they are loaded with backups, restores and lists, for as many minutes as <c>RVAULT_TEST_SCALE</c> says: an
/// hour in tests/long/run.
/// </summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class MemoryTests(ITestOutputHelper output)
{
    private const int LeastMinutes = 5;
    private const int Workers = 6;
    private const int Items = 24;
    private const int FileBytes = 512 << 10;

    /// <summary>Over the second half: of an hour's run that is 64 MiB an hour.</summary>
    private const double MostGrowthMiB = 32;

    private const double MostThreads = 8;
    private const double MostFiles = 16;

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SamplePeriod = TimeSpan.FromSeconds(5);

    private int _backups;
    private int _restores;

    [Fact]
    public async Task Memory_OfSilosUnderLoad_StaysFlat()
    {
        if (TestScale.Factor < LeastMinutes)
            return;
        await using var place = await LoadPlace.StartAsync(silos: 3);
        await using var connection = await place.ConnectAsync();
        await LoadPlace.CreateVaultAsync(connection.Client);
        var items = new IProtectedItemGrain[Items];
        for (var n = 0; n < Items; n++)
            items[n] = await place.ProtectAsync(connection.Client, $"item-{n}", isBackedUp: true, FileBytes, FileBytes, 1000);
        using var over = new CancellationTokenSource(TimeSpan.FromMinutes(TestScale.Factor), TimeProvider.System);

        var workers = Enumerable.Range(0, Workers).Select(n => WorkAsync(place, connection.Client, items, n, over.Token)).ToList();
        var samples = await SampleAsync(place, over.Token);
        await Task.WhenAll(workers);

        output.WriteLine($"{_backups} backups and {_restores} restores in {TestScale.Factor:0} minutes of load");
        var failures = place.Silos.SelectMany((_, silo) => Judge(silo, [.. samples.Select(s => s[silo])])).ToList();
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    /// <summary>Every item belongs to one worker; each of its turns changes a file, backs up, and restores now and then.</summary>
    private async Task WorkAsync(LoadPlace place, VaultClient client, IProtectedItemGrain[] items, int worker, CancellationToken over)
    {
        for (var turn = 0; !over.IsCancellationRequested; turn++)
        {
            var n = worker + (turn * Workers % Items);
            File.WriteAllBytes(place[$"item-{n}/{turn % 2}"], RandomNumberGenerator.GetBytes(FileBytes));
            await client.BackUpAsync(items[n], new BackupOptions(), CancellationToken.None);
            Interlocked.Increment(ref _backups);
            var vault = await client.FindVaultAsync(LoadPlace.VaultName);
            Assert.NotEmpty((await vault.Jobs.ListAsync(new JobQuery(null, null, new()))).Items);
            if (turn % 4 == worker % 4)
                await RestoreAsync(place, client, items[n], n);
            await Task.Delay(Pace, TimeProvider.System, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RestoreAsync(LoadPlace place, VaultClient client, IProtectedItemGrain item, int n)
    {
        var target = place[$"restored-{n}"];
        await client.RestoreAsync(item, new RestoreOptions { Target = target }, CancellationToken.None);
        Assert.True(ChildProcess.Succeeds("diff", "-r", place[$"item-{n}"], target));
        Directory.Delete(target, recursive: true);
        Interlocked.Increment(ref _restores);
    }

    private static async Task<List<ProcessUse[]>> SampleAsync(LoadPlace place, CancellationToken over)
    {
        List<ProcessUse[]> samples = [];
        while (!over.IsCancellationRequested)
        {
            samples.Add([.. place.Silos.Select(silo => ProcessUse.Of(silo.Process.Id))]);
            await Task.Delay(SamplePeriod, TimeProvider.System, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return samples;
    }

    private IEnumerable<string> Judge(int silo, List<ProcessUse> uses)
    {
        (string Name, Func<ProcessUse, double> Of, double Most)[] measures =
        [
            ("resident MiB", use => use.ResidentBytes / 1048576.0, MostGrowthMiB),
            ("anonymous MiB", use => use.AnonymousBytes / 1048576.0, MostGrowthMiB),
            ("threads", use => use.Threads, MostThreads),
            ("open files", use => use.Files, MostFiles),
        ];
        foreach (var (name, of, most) in measures)
        {
            var growth = Flatness.GrowthOf([.. uses.Select(of)]);
            var line =
                $"silo {silo + 1}, {name}: {of(uses[0]):0} at first, {of(uses[uses.Count / 2]):0} half way, {of(uses[^1]):0} at last, "
                + $"at most {uses.Max(of):0}; {growth:+0.0;-0.0;0} over the second half";
            output.WriteLine(line);
            if (growth > most)
                yield return line;
        }
    }
}
