using CsCheck;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.DataPath;

/// <summary>
/// Any sequence of backups, faults, crashes, new data keys, lost index runs and found damage against a dictionary of what was acknowledged:
/// every acknowledged recovery point restores byte for byte at any later time.
/// </summary>
public sealed class BackupModelTests
{
    private static readonly Gen<Dictionary<string, byte[]>> Content = Gen.Select(Gen.Int[0, 9], Gen.Int[1, 6], Gen.Int[0, 4000])
        .Array[0, 5]
        .Select(files => files.DistinctBy(f => f.Item1).ToDictionary(f => $"file-{f.Item1}", f => ItemStage.Noise(f.Item2, f.Item3)));

    private static readonly Gen<Step> Steps = Gen.Frequency<Step>(
        (4, Content.Select(content => (Step)new BackUp(content, null, 0))),
        (
            4,
            Gen.Select(Content, Gen.Int[0, 3], Gen.Int[0, 30])
                .Select((content, fault, call) => (Step)new BackUp(content, Fault.Everywhere[fault], call))
        ),
        (1, Gen.Const<Step>(new NewDek())),
        (1, Gen.Const<Step>(new LoseRuns())),
        (1, Gen.Int[0, 100].Select(number => (Step)new MarkPack(number)))
    );

    private abstract record Step;

    private sealed record BackUp(Dictionary<string, byte[]> Content, Fault? Fault, int Call) : Step;

    private sealed record NewDek : Step;

    private sealed record LoseRuns : Step;

    /// <summary>A pack is taken for damaged, rightly or not.</summary>
    private sealed record MarkPack(int Number) : Step;

    [Fact]
    public async Task Acknowledged_AfterAnything_Restores() =>
        await Steps.Array[1, 25].SampleAsync(RunAsync, iter: TestScale.Iterations(25), threads: 1);

    private static async Task RunAsync(Step[] steps)
    {
        var store = new MemoryBlobStore();
        var stage = new ItemStage(store);
        Dictionary<long, (RecoveryPointHead Head, Dictionary<string, byte[]> Content)> acknowledged = [];
        foreach (var step in steps)
        {
            switch (step)
            {
                case BackUp backup:
                    stage = await BackUpAsync(stage, store, backup, acknowledged);
                    break;
                case NewDek when stage.Epochs < 5:
                    stage.Epochs++;
                    break;
                case LoseRuns:
                    foreach (var run in await store.ListNamesAsync("index/"))
                        await store.DeleteAsync(run);
                    break;
                case MarkPack mark when await store.ListNamesAsync("packs/") is { Count: > 0 } packs:
                    await store.PutTextAsync(packs[mark.Number % packs.Count].Replace("packs/", "damaged/", StringComparison.Ordinal), "");
                    break;
            }
        }
        foreach (var (head, content) in acknowledged.Values)
            await stage.AssertRestoresAsync(head, content);
    }

    private static async Task<ItemStage> BackUpAsync(
        ItemStage stage,
        MemoryBlobStore store,
        BackUp backup,
        Dictionary<long, (RecoveryPointHead, Dictionary<string, byte[]>)> acknowledged
    )
    {
        var faulty = new FaultyBlobStore(store);
        if (backup.Fault is { } fault)
            faulty.Inject(fault, nth: backup.Call);
        var running = stage.Reopen(faulty);
        try
        {
            var head = await running.BackUpAsync(backup.Content);
            Assert.True(acknowledged.TryAdd(head.Seq, (head, backup.Content)), $"two recovery points have number {head.Seq}");
        }
        catch (Exception e) when (e is VaultException or BlobStoreException or SimulatedCrashException)
        {
            // Not acknowledged: the record does not have it either.
        }
        return running.Reopen(store);
    }
}
