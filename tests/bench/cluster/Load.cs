using System.Diagnostics;
using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.Items;
using RecoveryVault.Restores;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.bench.cluster;

/// <summary>How fast something went, and what it took: MB/s, and processor seconds for each GiB.</summary>
internal sealed record Measured(double Rate, string Times);

/// <summary>Backs items up all at once, then restores them all at once.</summary>
internal sealed class Load(IPlace place, string target)
{
    private const string VaultName = "bench";
    private bool _hasVault;

    public async Task<(Measured Backup, Measured Restore)> RunAsync(string name, IReadOnlyList<string> sources)
    {
        var items = await ProtectAsync(name, sources);
        var bytes = sources.Sum(s => Directory.EnumerateFiles(s).Sum(f => new FileInfo(f).Length));
        var backup = await MeasureAsync(bytes, items.Select(i => (Func<Task>)(() => place.Client.BackUpAsync(i, new BackupOptions()))));
        var restore = await MeasureAsync(bytes, items.Select((i, n) => (Func<Task>)(() => RestoreAsync(i, n))));
        Directory.Delete(target, recursive: true);
        return (backup, restore);
    }

    private async Task RestoreAsync(IProtectedItemGrain item, int n) =>
        await place.Client.RestoreAsync(item, new RestoreOptions { Target = Path.Join(target, $"{n}") });

    private async Task<IReadOnlyList<IProtectedItemGrain>> ProtectAsync(string name, IReadOnlyList<string> sources)
    {
        Directory.CreateDirectory(target);
        if (!_hasVault)
            await place.Client.Directory.CreateVaultAsync(
                new CreateVault
                {
                    OperationId = Guid.NewGuid(),
                    Name = VaultName,
                    Location = "here",
                }
            );
        _hasVault = true;
        var vault = await place.Client.FindVaultAsync(VaultName);
        List<IProtectedItemGrain> items = [];
        foreach (var (n, path) in sources.Index())
        {
            var source = new ItemSource
            {
                Path = path,
                Host = "here",
                Kind = ContentKind.Tree,
            };
            await VaultClient.ProtectAsync(vault, $"{name}-{n}", source);
            items.Add(await place.Client.FindItemAsync(VaultName, $"{name}-{n}"));
        }
        return items;
    }

    private async Task<Measured> MeasureAsync(long bytes, IEnumerable<Func<Task>> work)
    {
        GC.Collect();
        var before = Uses();
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(work.Select(one => Task.Run(one)));
        var seconds = watch.Elapsed.TotalSeconds;
        var gib = bytes / (double)(1 << 30);
        return new Measured(bytes / 1e6 / seconds, string.Join(", ", Uses().Zip(before, (now, then) => Text(now, then, gib))));
    }

    private static string Text(ProcessorUse now, ProcessorUse then, double gib) =>
        $"{now.Name} {(now.User - then.User) / gib:0.0}+{(now.System - then.System) / gib:0.0}";

    private List<ProcessorUse> Uses() => [ProcessorUse.Of("client", [Environment.ProcessId]), .. place.Uses()];
}
