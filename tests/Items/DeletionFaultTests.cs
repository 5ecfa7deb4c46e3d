using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Records;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Storage;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Items;

/// <summary>
/// Every call of the store that deleting, bringing back and purging make goes wrong once in every way, and the process dies around every
/// one of them. Afterwards the point is as before or as wanted, every other one restores, and the same again makes it as wanted.
/// </summary>
[Collection(VaultClusterCollection.Name)]
public sealed class DeletionFaultTests(VaultCluster cluster, ITestOutputHelper output)
{
    private sealed record Step(
        string Name,
        Func<Task> PrepareAsync,
        Func<Task> OpenAsync,
        Func<Task> ActAsync,
        Func<string?> Target,
        string? Wanted
    );

    /// <summary>Until an act has no further call, one call after the other, and every fault at each.</summary>
    private async Task<int> SweepAsync(ClusterItem item, Dictionary<string, string> others, Step step)
    {
        var runs = 0;
        foreach (var fault in Fault.Everywhere)
        {
            var hit = true;
            for (var nth = 0; hit; nth++)
            {
                await step.PrepareAsync();
                await item.RestartAsync();
                var before = await StatusAsync(item, step.Target());
                await step.OpenAsync();
                hit = false;
                var seen = 0;
                cluster.Store.Inject(fault, names: _ => seen++ == nth && (hit = true));
                var isDone = await TryAsync(step.ActAsync);
                await item.RestartAsync();
                runs += hit ? 1 : 0;
                try
                {
                    var after = await StatusAsync(item, step.Target());
                    Assert.Contains(after, isDone ? [step.Wanted] : new[] { before, step.Wanted });
                    await AssertOthersAsync(item, others, step.Target());
                    await step.OpenAsync();
                    await step.ActAsync();
                    Assert.Equal(step.Wanted, await StatusAsync(item, step.Target()));
                    // What is superseded goes with this change, or with the next one.
                    Assert.InRange((await cluster.Store.ListNamesAsync(ItemBlobs.Tombstones(item.Key.ItemId))).Count, 1, 2);
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"{step.Name} after {fault} at call {nth} (done: {isDone}): {e.Message}", e);
                }
            }
        }
        output.WriteLine($"{step.Name}: {runs} runs");
        return runs;
    }

    private static Task NothingAsync() => Task.CompletedTask;

    private static async Task<bool> TryAsync(Func<Task> act)
    {
        try
        {
            await act();
            return true;
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            return false;
        }
    }

    private static async Task<string?> StatusAsync(ClusterItem item, string? name) =>
        (await item.ListAsync()).FirstOrDefault(p => p.Name == name)?.Status;

    private async Task AssertOthersAsync(ClusterItem item, Dictionary<string, string> others, string? target)
    {
        var listed = await item.ListAsync();
        // Nothing of a point is gone before it is purged: each that is listed has its manifest.
        var manifests = await cluster.Store.ListNamesAsync(ItemBlobs.Manifests(item.Key.ItemId));
        Assert.All(listed, p => Assert.Contains(manifests, name => AuthenticatedRecords.SequenceOf(name) == p.Seq));
        Assert.Equal(others.Keys.Order(), listed.Where(p => p.Name != target && p.Status == "Available").Select(p => p.Name).Order());
        // One of them is read whole each time; a purge that took too much would have taken all.
        var (name, content) = others.First();
        Assert.Equal(content, (await item.RestoreAsync(name))["file"]);
    }

    private async Task<(ClusterItem, Dictionary<string, string>)> PrepareAsync(int count, int? keepLast = null)
    {
        var item = await ClusterItem.CreateAsync(cluster);
        if (keepLast is not null)
        {
            await item.Vault.Vault.CreatePolicyAsync(
                new()
                {
                    OperationId = Guid.NewGuid(),
                    Name = "p",
                    Last = keepLast,
                }
            );
            await item.Vault.Vault.AssignPolicyAsync(new(Guid.NewGuid(), "item", "p"));
        }
        Dictionary<string, string> points = [];
        for (var i = 0; i < count; i++)
        {
            item.Write("file", $"content {i}");
            points[(await item.BackUpAsync()).Name] = $"content {i}";
        }
        return (item, points);
    }

    [Fact]
    public async Task Delete_AnyFault_IsOldOrNewAndLoggedInTheEnd()
    {
        var (item, points) = await PrepareAsync(3);
        using var _ = item;
        var target = points.Keys.Last();
        points.Remove(target);

        var runs = await SweepAsync(
            item,
            points,
            new Step("delete", () => item.UndeleteAsync(target), NothingAsync, () => item.DeleteAsync(target), () => target, "SoftDeleted")
        );

        Assert.InRange(runs, 60, 400);
        await AssertLoggedAsync(item, "DeleteRecoveryPoint", JobOperations.DeleteBackupData, runs);
    }

    [Fact]
    public async Task Undelete_AnyFault_IsOldOrNewAndLoggedInTheEnd()
    {
        var (item, points) = await PrepareAsync(3);
        using var _ = item;
        var target = points.Keys.Last();
        points.Remove(target);

        var runs = await SweepAsync(
            item,
            points,
            new Step("undelete", () => item.DeleteAsync(target), NothingAsync, () => item.UndeleteAsync(target), () => target, "Available")
        );

        Assert.InRange(runs, 60, 400);
        await AssertLoggedAsync(item, "UndeleteRecoveryPoint", JobOperations.Undelete, runs);
    }

    [Fact]
    public async Task Expire_AnyFault_IsOldOrNewAndLoggedInTheEnd()
    {
        var (item, points) = await PrepareAsync(3, keepLast: 2);
        using var _ = item;
        var target = points.Keys.First();
        points.Remove(target);

        var runs = await SweepAsync(
            item,
            points,
            new Step(
                "expire",
                () => item.UndeleteAsync(target),
                NothingAsync,
                () => item.Grain.ExpireAsync(new ExpireRecoveryPoints(Guid.NewGuid())),
                () => target,
                "SoftDeleted"
            )
        );

        Assert.InRange(runs, 60, 400);
        await AssertLoggedAsync(item, "ExpireRecoveryPoints", JobOperations.ExpireRecoveryPoints, runs);
    }

    /// <summary>Whatever went wrong: each change that happened is logged once, and its job is done.</summary>
    private static async Task AssertLoggedAsync(ClusterItem item, string operation, string jobOperation, int runs)
    {
        var entries = (await item.LogAsync(operation)).Where(e => e.Status == "Succeeded").ToList();
        Assert.Equal(entries.Count, entries.Select(e => e.CorrelationId).Distinct().Count());
        foreach (var entry in entries)
        {
            var job = await item.Vault.Jobs.GetAsync(entry.CorrelationId);
            Assert.Equal((jobOperation, JobStatus.Completed), (job.Operation, job.Status));
        }
        // Each run, and the one without a fault that ends a sweep, made one change.
        Assert.Equal(runs + Fault.Everywhere.Count, entries.Count);
    }

    [Fact]
    public async Task Purge_AnyFault_TakesWhatIsDueAndNothingElse()
    {
        var (item, points) = await PrepareAsync(2);
        using var _ = item;
        var target = "";
        var session = Guid.Empty;

        var runs = await SweepAsync(
            item,
            points,
            new Step(
                "purge",
                async () =>
                {
                    await item.Grain.AbandonBackupAsync(new AbandonBackup(session, null));
                    item.Write("file", "to be purged");
                    target = (await item.BackUpAsync()).Name;
                    await item.DeleteAsync(target);
                    // No timer of the item is to fire for every minute of that.
                    await item.RestartAsync();
                    cluster.Time.Advance(TimeSpan.FromDays(16));
                    // A day is logged, so that the log proves the time also to an activation that has just begun.
                    var begun = await item.Grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid()));
                    await item.Grain.AbandonBackupAsync(new AbandonBackup(begun.Session!.SessionId, null));
                    cluster.Time.Advance(TimeSpan.FromDays(1));
                },
                async () => session = (await item.Grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid()))).Session!.SessionId,
                () => item.Purging.PurgeDueAsync(session),
                () => target,
                null
            )
        );

        Assert.InRange(runs, 60, 600);
    }
}
