using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Items;

[Collection(VaultClusterCollection.Name)]
public sealed class ProtectedItemGrainTests(VaultCluster cluster)
{
    [Fact]
    public async Task BeginBackup_WhileAnotherRuns_IsRefused()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        var first = await item.Grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid()));

        await RefusedAsync(ErrorCodes.BackupInProgress, () => item.Grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid())));

        await item.Grain.AbandonBackupAsync(new AbandonBackup(first.Session!.SessionId, null));
        Assert.Equal(JobStatus.Cancelled, (await item.Vault.Jobs.GetAsync(first.JobId)).Status);
        Assert.Equal(1, (await item.BackUpAsync()).Seq);
    }

    [Fact]
    public async Task BeginBackup_SameOperationAgain_ReturnsTheSameSession()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        var request = new BeginBackup(Guid.NewGuid());

        var first = await item.Grain.BeginBackupAsync(request);
        var again = await item.Grain.BeginBackupAsync(request);

        Assert.Equal((first.JobId, first.Session!.SessionId), (again.JobId, again.Session!.SessionId));
        Assert.True(first.Session.Token.AsSpan().SequenceEqual(again.Session.Token.AsSpan()));
        await item.Grain.AbandonBackupAsync(new AbandonBackup(first.Session.SessionId, null));
    }

    [Fact]
    public async Task CommitBackup_SameOperationAgain_ReturnsTheSameRecoveryPoint()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        var operation = Guid.NewGuid();
        var (commit, outcome) = await CommitAsync(item, operation);

        var again = await item.Grain.CommitBackupAsync(commit);
        var begun = await item.Grain.BeginBackupAsync(new BeginBackup(operation));

        Assert.Equal(outcome.RecoveryPoint.HeadHash, again.RecoveryPoint.HeadHash);
        Assert.Null(begun.Session);
        Assert.Equal(outcome.RecoveryPoint.HeadHash, begun.Committed!.RecoveryPoint.HeadHash);
        Assert.Single(await item.ListAsync());
        Assert.Equal(JobStatus.Completed, (await item.Vault.Jobs.GetAsync(outcome.JobId)).Status);
    }

    [Fact]
    public async Task CommitBackup_AbandonedSession_IsSessionLost()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        var operation = Guid.NewGuid();
        var ticket = await item.Grain.BeginBackupAsync(new BeginBackup(operation));
        var channel = await cluster.DataPlane.OpenBackupAsync(ticket.Session!, default);
        await item.Grain.AbandonBackupAsync(new AbandonBackup(ticket.Session!.SessionId, null));

        await RefusedAsync(ErrorCodes.SessionLost, () => channel.FlushAsync(default));
        await RefusedAsync(
            ErrorCodes.SessionLost,
            () => item.Grain.CommitBackupAsync(Commit(operation, ticket.Session.SessionId, new CatalogueRoot(0, default)))
        );
    }

    [Fact]
    public async Task CommitBackup_CatalogueNeverSent_IsRefusedAndTheSlotGivenBack()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        var operation = Guid.NewGuid();
        var ticket = await item.Grain.BeginBackupAsync(new BeginBackup(operation));
        var root = new CatalogueRoot(0, new ChunkRef(Digest.Of([1]), 1));

        await RefusedAsync(
            ErrorCodes.InvalidRequest,
            () => item.Grain.CommitBackupAsync(Commit(operation, ticket.Session!.SessionId, root))
        );

        Assert.Equal(JobStatus.Failed, (await item.Vault.Jobs.GetAsync(ticket.JobId)).Status);
        Assert.Equal(1, (await item.BackUpAsync()).Seq);
    }

    [Fact]
    public async Task EndAndAbandon_SessionsOfAnotherItem_LeaveThemOpen()
    {
        using var mine = await ClusterItem.CreateAsync(cluster);
        using var other = await ClusterItem.CreateAsync(cluster);
        await other.BackUpAsync();
        var backup = (await other.Grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid()))).Session!;
        var restore = (await other.Grain.BeginRestoreAsync(new BeginRestore(Guid.NewGuid(), null, RestorePurpose.Browse))).Session;

        foreach (var session in new[] { backup, restore })
        {
            await mine.Grain.AbandonBackupAsync(new AbandonBackup(session.SessionId, null));
            await mine.Grain.EndRestoreAsync(End(session));
        }

        Assert.NotNull(await cluster.DataPlane.OpenBackupAsync(backup, default));
        Assert.NotNull(await cluster.DataPlane.OpenRestoreAsync(restore, default));
        await other.Grain.AbandonBackupAsync(new AbandonBackup(backup.SessionId, null));
        await other.Grain.EndRestoreAsync(End(restore));
        await RefusedAsync(ErrorCodes.SessionLost, () => cluster.DataPlane.OpenRestoreAsync(restore, default).AsTask());
    }

    [Fact]
    public async Task BackUp_ManyItemsAtOnceOnTwoSilos_AllRestore()
    {
        var items = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => ClusterItem.CreateAsync(cluster)));
        foreach (var (item, number) in items.Select((item, number) => (item, number)))
            item.Write("file", $"content of {number}");

        var points = await Task.WhenAll(items.Select(item => item.BackUpAsync()));

        for (var i = 0; i < items.Length; i++)
        {
            Assert.Equal($"content of {i}", (await items[i].RestoreAsync(points[i].Name))["file"]);
            items[i].Dispose();
        }
    }

    [Fact]
    public async Task CommitBackup_SlotTakenByAnotherActivation_IsSessionLostAndNothingIsLost()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        var operation = Guid.NewGuid();
        var ticket = await item.Grain.BeginBackupAsync(new BeginBackup(operation));
        var channel = await cluster.DataPlane.OpenBackupAsync(ticket.Session!, default);
        var root = await ItemStage.SendAsync(channel, new Dictionary<string, byte[]>());
        await using var twin = await cluster.DeployTwinAsync();
        var other = cluster.ClientOf(twin);
        item.Write("file", "from the other activation");

        // To the twin's membership the first silo is none of its own: dead.
        var taken = await other.BackUpAsync(other.OpenItem(item.Key), new RecoveryVault.Backups.BackupOptions());
        await RefusedAsync(ErrorCodes.SessionLost, () => item.Grain.CommitBackupAsync(Commit(operation, ticket.Session!.SessionId, root)));

        await RefusedAsync(ErrorCodes.SessionLost, () => channel.FlushAsync(default));
        var next = await item.BackUpAsync();
        Assert.Equal((1, 2), (taken.Outcome.RecoveryPoint.Seq, next.Seq));
        Assert.Equal(taken.Outcome.RecoveryPoint.HeadHash, next.PrevHash);
        Assert.Equal("from the other activation", (await item.RestoreAsync(taken.Outcome.RecoveryPoint.Name))["file"]);
    }

    [Fact]
    public async Task BackUp_OtherSourcePath_IsWhatTheManifestNames()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        using var other = new ScratchDirectory();
        File.WriteAllText(other["elsewhere"], "x");

        var report = await cluster.Client.BackUpAsync(item.Grain, new RecoveryVault.Backups.BackupOptions { SourcePath = other.Path });

        Assert.Equal(["elsewhere"], (await item.RestoreAsync(report.Outcome.RecoveryPoint.Name)).Keys);
    }

    [Theory]
    [InlineData(nameof(Fault.Fail))]
    [InlineData(nameof(Fault.AckLost))]
    public async Task BackUp_AnyStorageCallGoesWrong_AcknowledgedOrNotAtAll(string kind)
    {
        var fault = Fault.Everywhere.Single(f => f.GetType().Name == kind);
        using var item = await ClusterItem.CreateAsync(cluster);
        item.Write("file", "the first");
        Dictionary<string, string> acknowledged = [];
        acknowledged[(await item.BackUpAsync()).Name] = "the first";
        var hit = true;
        var (unacknowledged, calls) = (0, 0);

        // Every call that concerns the vault or the item, in turn: jobs, log, records, heads, packs ... until a backup has no further one.
        for (var call = 0; hit; call++)
        {
            var content = $"after {kind} of call {call}";
            item.Write("file", content);
            var seen = 0;
            var isOver = false;
            hit = false;
            cluster.Store.Inject(
                fault,
                names: name =>
                {
                    if (isOver || !(name.Contains(item.Key.ItemId.ToString()) || name.Contains(item.Key.VaultId.ToString())))
                        return false;
                    return seen++ == call && (hit = true);
                }
            );
            try
            {
                acknowledged[(await item.BackUpAsync()).Name] = content;
            }
            catch (VaultException)
            {
                // The job failed; what was acknowledged before counts.
            }
            isOver = true;
            calls += hit ? 1 : 0;
            var listed = await item.ListAsync();
            Assert.Equal(listed.Count, listed.Select(p => p.Seq).Distinct().Count());
            Assert.All(acknowledged.Keys, name => Assert.Contains(listed, p => p.Name == name));
            // A recovery point that is there without having been acknowledged is whole all the same.
            foreach (var extra in listed.Where(p => !acknowledged.ContainsKey(p.Name)))
            {
                unacknowledged++;
                acknowledged[extra.Name] = content;
            }
        }

        item.Write("file", "the last");
        acknowledged[(await item.BackUpAsync()).Name] = "the last";
        foreach (var (name, content) in acknowledged)
            Assert.Equal(content, (await item.RestoreAsync(name))["file"]);
        // Job, log, ring, record, listings, packs, index, manifest and head, each read and written.
        Assert.InRange(calls, 15, 100);
        Assert.InRange(unacknowledged, 0, 4);
    }

    private static async Task<CommitAndOutcome> CommitAsync(ClusterItem item, Guid operation, VaultCluster cluster)
    {
        var ticket = await item.Grain.BeginBackupAsync(new BeginBackup(operation));
        var channel = await cluster.DataPlane.OpenBackupAsync(ticket.Session!, default);
        var root = await ItemStage.SendAsync(channel, new Dictionary<string, byte[]>());
        var commit = Commit(operation, ticket.Session!.SessionId, root);
        return new CommitAndOutcome(commit, await item.Grain.CommitBackupAsync(commit));
    }

    private Task<CommitAndOutcome> CommitAsync(ClusterItem item, Guid operation) => CommitAsync(item, operation, cluster);

    private sealed record CommitAndOutcome(CommitBackup Commit, BackupOutcome Outcome);

    private static CommitBackup Commit(Guid operation, Guid session, CatalogueRoot root) =>
        new()
        {
            OperationId = operation,
            SessionId = session,
            Catalogue = root,
            Statistics = new BackupStatistics(),
        };

    private static EndRestore End(SessionTicket session) =>
        new(session.SessionId, JobStatus.Completed, [], new Dictionary<string, string>());

    private static Task<VaultException> RefusedAsync(string code, Func<Task> call) => BackupSessionTests.RefusedAsync(code, call);
}
