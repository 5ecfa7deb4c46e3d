using RecoveryVault.Items;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Items;

/// <summary>A backup reads the point before it in a session beside its own: the index is loaded for both.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class IndexLoadTests(VaultCluster cluster)
{
    [Fact]
    public async Task BackUp_NothingChanged_LoadsTheIndexOnce()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        item.Write("file", "content");
        var first = await item.BackUpAsync();
        var runs = await cluster.Store.ListNamesAsync(ItemBlobs.IndexRuns(item.Key.ItemId));
        var before = cluster.Store.Calls.Count;

        var second = await item.BackUpAsync();

        var calls = cluster.Store.Calls.Skip(before).ToList();
        Assert.Equal("content", (await item.RestoreAsync(second.Name))["file"]);
        Assert.All(runs, run => Assert.Single(calls, call => call == (BlobCalls.Get, run)));
        Assert.Single(calls, call => call.Call == BlobCalls.List && call.Name == $"{ItemBlobs.Packs(item.Key.ItemId)}/");
        Assert.NotEqual(first.Name, second.Name);
    }

    [Fact]
    public async Task Restore_BegunDuringABackup_GoesOnAfterIt()
    {
        using var item = await ClusterItem.CreateAsync(cluster);
        item.Write("file", "content");
        var point = await item.BackUpAsync();
        var backup = await item.Grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid()));
        var restore = await item.Grain.BeginRestoreAsync(new BeginRestore(Guid.NewGuid(), point.Name, RestorePurpose.Browse));
        var channel = await cluster.DataPlane.OpenRestoreAsync(restore.Session, default);

        await item.Grain.AbandonBackupAsync(new AbandonBackup(backup.Session!.SessionId, null));

        var (content, error) = await DataPath.ItemStage.ReadAsync(channel, [restore.Catalogue.Node]);
        Assert.Null(error);
        Assert.Equal(restore.Catalogue.Node.Length, content.Length);
        await item.Grain.EndRestoreAsync(
            new EndRestore(restore.Session.SessionId, RecoveryVault.Jobs.JobStatus.Completed, [], new Dictionary<string, string>())
        );
    }
}
