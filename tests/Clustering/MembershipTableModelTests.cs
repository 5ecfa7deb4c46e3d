using CsCheck;
using RecoveryVault.Clustering;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;
using static RecoveryVault.Tests.Clustering.MembershipSamples;

namespace RecoveryVault.Tests.Clustering;

/// <summary>Random calls beside a dictionary that does the same.</summary>
public sealed class MembershipTableModelTests
{
    private static readonly SiloStatus[] Statuses = [SiloStatus.Joining, SiloStatus.Active, SiloStatus.Dead, SiloStatus.Dead];

    private static readonly Gen<(int Kind, int Silo, int Minutes, int Status, bool IsStale)> Step = Gen.Select(
        Gen.Int[0, 6],
        Gen.Int[1, 4],
        Gen.Int[0, 9],
        Gen.Int[0, 3],
        Gen.Bool
    );

    [Fact]
    public Task Calls_InAnyOrder_DoWhatTheModelDoes() =>
        Step.Array[1, 40].SampleAsync(RunAsync, iter: TestScale.Iterations(200), threads: 1);

    private static async Task RunAsync((int Kind, int Silo, int Minutes, int Status, bool IsStale)[] steps)
    {
        var table = Open(new MemoryBlobStore());
        var model = new SortedDictionary<int, MembershipEntry>();
        var version = 0;
        var stale = (await table.ReadAllAsync()).Version;
        foreach (var step in steps)
        {
            var now = (await table.ReadAllAsync()).Version;
            var token = step.IsStale ? stale : now;
            var isCurrent = token == now;
            var entry = Entry(step.Silo, Statuses[step.Status], Noon.AddMinutes(step.Minutes));
            switch (step.Kind)
            {
                case 0 or 1:
                    var inserts = isCurrent && !model.ContainsKey(step.Silo);
                    Assert.Equal(inserts, await table.InsertRowAsync(entry, token.Next()));
                    version += Put(model, entry, inserts);
                    break;
                case 2 or 3:
                    var updates = isCurrent && model.ContainsKey(step.Silo);
                    Assert.Equal(updates, await table.UpdateRowAsync(entry, "", token.Next()));
                    version += Put(model, entry, updates);
                    break;
                case 4 or 5:
                    await BeatAsync(table, model, step.Silo, entry.IAmAliveTime);
                    break;
                default:
                    await table.CleanupDefunctSiloEntriesAsync(entry.IAmAliveTime);
                    Remove(model, entry.IAmAliveTime);
                    break;
            }
            stale = step.Minutes > 5 ? now : stale;
            var read = await table.ReadAllAsync();
            Assert.Equal(model.Values.Select(Full), read.Members.Select(m => m.Item1).OrderBy(e => e.SiloAddress.Generation).Select(Full));
            Assert.Equal(version, read.Version.Version);
        }
    }

    private static int Put(SortedDictionary<int, MembershipEntry> model, MembershipEntry entry, bool isDone)
    {
        if (isDone)
            model[entry.SiloAddress.Generation] = entry;
        return isDone ? 1 : 0;
    }

    private static async Task BeatAsync(BlobMembershipTable table, SortedDictionary<int, MembershipEntry> model, int silo, DateTime time)
    {
        var failure = await Record.ExceptionAsync(() => table.UpdateIAmAliveAsync(Beat(silo, time)));
        Assert.Equal(model.ContainsKey(silo), failure is null);
        if (model.TryGetValue(silo, out var entry))
            entry.IAmAliveTime = time;
    }

    private static void Remove(SortedDictionary<int, MembershipEntry> model, DateTime before)
    {
        foreach (var (silo, entry) in model.ToList())
            if (entry.Status == SiloStatus.Dead && entry.IAmAliveTime < before && entry.StartTime < before)
                model.Remove(silo);
    }
}
