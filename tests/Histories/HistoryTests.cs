using CsCheck;
using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.Files.Comparison;
using RecoveryVault.Items;
using RecoveryVault.Restores;
using RecoveryVault.Tests.Backups;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Files;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Histories;

/// <summary>
/// For any tree and any sequence of changes, the restore of each recovery point equals the tree at its time: through the client, the
/// grains and the data path, with unchanged files recognised and not read.
/// </summary>
[Collection(VaultClusterCollection.Name)]
public sealed class HistoryTests(VaultCluster cluster, ITestOutputHelper output)
{
    private static readonly Gen<Change> Change = Gen.Select(
        Gen.Int[0, (int)Histories.Change.Op.Remove],
        Gen.Int[0, 1000],
        Gen.Int[0, 1000],
        Gen.Int[0, 200_000],
        (kind, which, name, amount) => new Change((Change.Op)kind, which, name, amount)
    );

    private static readonly Gen<(Change[] Changes, bool Rescans)[]> Rounds = Gen.Select(Change.Array[0, 12], Gen.Bool).Array[2, 5];

    [LinuxRootFact]
    public async Task AnyHistory_EachRecoveryPoint_RestoresTheTreeOfItsTime()
    {
        var before = SealMonitor.Shared.Count;
        var count = TestScale.Iterations(5);
        await Rounds.SampleAsync(RunAsync, iter: count, threads: 1);
        output.WriteLine($"{count} histories");
        // Packs, runs and manifests were watched on their way into the store: no key and nonce was used twice, or a put had failed.
        Assert.InRange(SealMonitor.Shared.Count - before, 10, int.MaxValue);
    }

    private async Task RunAsync((Change[] Changes, bool Rescans)[] rounds)
    {
        using var tree = new ChangingTree();
        using var scratch = new ScratchDirectory();
        // Files just written are old by this clock: only so can they be taken for unchanged.
        var client = new VaultClient(cluster.Cluster.Client, cluster.DataPlane, new LaterTime());
        var item = await ProtectAsync(client, tree.Root);
        List<(string Name, string Record)> points = [];
        foreach (var (changes, rescans) in rounds)
        {
            foreach (var change in changes)
                tree.Apply(change);
            var record = scratch[$"{points.Count}.record"];
            using (var writer = new TreeRecordWriter(record))
                await new TreePipeline().BackUpAsync(tree.Root, record: writer);
            var options = new BackupOptions { Rescan = rescans };
            var report = await client.BackUpAsync(item, options);
            if (points.Count > 0 && changes.Length == 0)
                Assert.Equal((rescans ? options.Counters.BytesRead : 0, 0L), (options.Counters.BytesRead, report.Outcome.BytesNew));
            points.Add((report.Outcome.RecoveryPoint.Name, record));
        }
        foreach (var (name, record) in points)
            await RequireRestoredAsync(client, item, name, record);
    }

    private static async Task RequireRestoredAsync(VaultClient client, IProtectedItemGrain item, string name, string record)
    {
        using var target = new RawTree("/dev/shm");
        List<string> findings = [];
        var options = new RestoreOptions
        {
            Target = target.Root,
            RecoveryPoint = name,
            OnProblem = problem => findings.Add($"{problem}"),
        };
        await client.RestoreAsync(item, options);
        new TreeComparison(isRoot: true, difference => findings.Add($"{name}: {difference}")).Run(
            new TreeRecordReader(record).Read(),
            target.Root
        );
        Assert.Empty(findings);
    }

    private async Task<IProtectedItemGrain> ProtectAsync(VaultClient client, string root)
    {
        var stage = await VaultStage.CreateAsync(cluster, isReady: false);
        var source = new ItemSource
        {
            Path = root,
            Host = "here",
            Kind = ContentKind.Tree,
        };
        await VaultClient.ProtectAsync(stage.Vault, "tree", source);
        return client.OpenItem(new ItemKey(stage.Vault.VaultId, await stage.Vault.Vault.FindItemAsync("tree")));
    }

    private sealed class LaterTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromHours(1);
    }
}
