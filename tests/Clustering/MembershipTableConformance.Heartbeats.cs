using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;
using static RecoveryVault.Tests.Clustering.MembershipSamples;

namespace RecoveryVault.Tests.Clustering;

/// <summary>Heartbeats and the removal of the dead.</summary>
public abstract partial class MembershipTableConformance<TKind>
{
    [Fact]
    public async Task Heartbeat_SiloThatIsNotThere_FailsAndWritesNothing()
    {
        await Table.InsertAsync(Entry(1));
        await UnchangedAsync(() => Assert.ThrowsAsync<BlobStoreException>(() => Table.UpdateIAmAliveAsync(Beat(2, Noon))));
    }

    [Fact]
    public async Task Heartbeat_SiloThatWasRemoved_FailsAndWritesNothing()
    {
        await Table.InsertAsync(Entry(1, SiloStatus.Dead));
        await Table.CleanupDefunctSiloEntriesAsync(Noon.AddDays(1));
        await UnchangedAsync(() => Assert.ThrowsAsync<BlobStoreException>(() => Table.UpdateIAmAliveAsync(Beat(1, Noon))));
    }

    [Fact]
    public async Task Heartbeat_Silo_IsOnePutThatLeavesEverythingElseAlone()
    {
        await Table.InsertAsync(Entry(1).Voted((2, Noon)), Entry(2));
        var before = await Table.ReadAllAsync();
        Store.ForgetCalls();

        await Table.UpdateIAmAliveAsync(Beat(1, Noon.AddMinutes(1)));

        Assert.Equal(BlobCalls.Put, Assert.Single(Store.Calls).Call);
        var after = await Table.ReadAllAsync();
        Assert.Equal(before.Version, after.Version);
        Assert.Equal(Full(Entry(1, alive: Noon.AddMinutes(1)).Voted((2, Noon))), Full(await Table.EntryAsync(1)));
        Assert.Equal(Full(Entry(2)), Full(await Table.EntryAsync(2)));
    }

    [Fact]
    public async Task Heartbeat_AfterATokenWasRead_LeavesItGood()
    {
        await Table.InsertAsync(Entry(1), Entry(2));
        var read = await Table.ReadAllAsync();
        foreach (var silo in new[] { 1, 2 })
            await Table.UpdateIAmAliveAsync(Beat(silo, Noon.AddMinutes(1)));

        var (_, etag) = read.TryGet(Silo(1))!;
        Assert.True(await Table.UpdateRowAsync(Entry(1, SiloStatus.ShuttingDown), etag, read.Version.Next()));
        Assert.Equal(Noon.AddMinutes(1), (await Table.EntryAsync(2)).IAmAliveTime);
    }

    /// <summary>Also where a clock was set back: what was written last is what counts.</summary>
    [Fact]
    public async Task Heartbeat_AndRow_TheLastWrittenTimeCounts()
    {
        await Table.InsertAsync(Entry(1));
        foreach (var (minutes, isBeat) in new[] { (5, true), (3, true), (9, false), (4, true), (1, false), (0, true), (2, false) })
        {
            var time = Noon.AddMinutes(minutes);
            if (isBeat)
                await Table.UpdateIAmAliveAsync(Beat(1, time));
            else
                Assert.True(await Table.UpdateAsync(Entry(1, alive: time)));
            Assert.Equal(time, (await Table.EntryAsync(1)).IAmAliveTime);
        }
    }

    [Fact]
    public async Task Heartbeat_SiloThatDiedWhileItsRowWasMade_StillCounts()
    {
        Store.Inject(new Fault.Fail(), BlobCalls.Put, nth: 1);
        await Table.InsertAsync(Entry(1));
        Assert.Equal(Noon, (await Table.EntryAsync(1)).IAmAliveTime);

        await Table.UpdateIAmAliveAsync(Beat(1, Noon.AddMinutes(1)));

        Assert.Equal(Noon.AddMinutes(1), (await Table.EntryAsync(1)).IAmAliveTime);
    }

    [Fact]
    public async Task Heartbeat_RowRemovedMeanwhile_FailsAndLeavesNothing()
    {
        Store.Inject(new Fault.Fail(), BlobCalls.Put, nth: 1);
        await Table.InsertAsync(Entry(1, SiloStatus.Dead));
        Task RemoveAsync() => Open(_kind.Open()).CleanupDefunctSiloEntriesAsync(Noon.AddDays(1));
        Store.Inject(new Fault.First(RemoveAsync), BlobCalls.Put, nth: 1);

        await Assert.ThrowsAsync<BlobStoreException>(() => Table.UpdateIAmAliveAsync(Beat(1, Noon)));

        Assert.DoesNotContain(await Store.ListNamesAsync(), name => name.StartsWith("alive/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Heartbeat_Damaged_TakesNothingElseWithIt()
    {
        await Table.InsertAsync(Entry(1), Entry(2));
        await Table.UpdateIAmAliveAsync(Beat(1, Noon.AddMinutes(1)));
        var name = (await Store.ListNamesAsync("alive/"))[0];
        await Store.PutTextAsync(name, "{");

        Assert.Equal([1, 2], (await Table.ReadAllAsync()).Numbers());
        await Table.UpdateIAmAliveAsync(Beat(1, Noon.AddMinutes(2)));
        Assert.Equal(Noon.AddMinutes(2), (await Table.EntryAsync(1)).IAmAliveTime);
    }

    [Fact]
    public async Task CleanUp_NothingToRemove_LeavesTokensGood()
    {
        await Table.InsertAsync(Entry(1), Entry(2, SiloStatus.Dead));
        await UnchangedAsync(() => Table.CleanupDefunctSiloEntriesAsync(Noon));
    }

    [Fact]
    public async Task CleanUp_AllStatuses_RemovesDeadOnesOnly()
    {
        var statuses = Enum.GetValues<SiloStatus>();
        foreach (var status in statuses)
            await Table.InsertAsync(Entry((int)status + 1, status));
        var before = await Table.ReadAllAsync();

        await Table.CleanupDefunctSiloEntriesAsync(Noon.AddDays(1));

        var after = await Table.ReadAllAsync();
        Assert.Equal(statuses.Where(s => s != SiloStatus.Dead).Select(s => (int)s + 1), after.Numbers());
        Assert.NotEqual(before.Version.VersionEtag, after.Version.VersionEtag);
        Assert.Equal(before.Version.Version, after.Version.Version);
        Assert.Equal(statuses.Length - 1, (await Store.ListNamesAsync("alive/")).Count);
        Assert.False(await Table.InsertRowAsync(Entry(99), before.Version.Next()));
    }

    /// <summary>Each of the three times keeps a dead row for as long as the cutoff is not after it.</summary>
    [Theory]
    [InlineData(10, 0, 0)]
    [InlineData(0, 10, 0)]
    [InlineData(0, 0, 10)]
    [InlineData(10, 10, 10)]
    public async Task CleanUp_Cutoff_IsTheLatestOfStartHeartbeatAndVotes(int start, int beat, int vote)
    {
        var entry = Entry(1, SiloStatus.Dead).Voted((3, Noon.AddMinutes(-5)), (2, Noon.AddMinutes(vote)), (4, Noon.AddMinutes(-9)));
        entry.StartTime = Noon.AddMinutes(start);
        await Table.InsertAsync(entry);
        await Table.UpdateIAmAliveAsync(Beat(1, Noon.AddMinutes(beat)));

        await Table.CleanupDefunctSiloEntriesAsync(new DateTimeOffset(Noon.AddMinutes(10)).ToOffset(TimeSpan.FromHours(5)));
        Assert.Equal([1], (await Table.ReadAllAsync()).Numbers());
        await Table.CleanupDefunctSiloEntriesAsync(Noon.AddMinutes(10).AddTicks(1));
        Assert.Empty((await Table.ReadAllAsync()).Members);
        Assert.Empty(await Store.ListNamesAsync("alive/"));
    }

    [Fact]
    public async Task CleanUp_RowChangedMeanwhile_LooksAgain()
    {
        await Table.InsertAsync(Entry(1, SiloStatus.Dead), Entry(2));
        var other = Open(_kind.Open());
        Store.Inject(new Fault.First(() => other.InsertAsync(Entry(3, SiloStatus.Dead))), BlobCalls.Put);

        await Table.CleanupDefunctSiloEntriesAsync(Noon.AddDays(1));

        Assert.Equal([2], (await other.ReadAllAsync()).Numbers());
    }

    /// <summary>A crash between the removal of a row and that of its heartbeat leaves one that nobody has.</summary>
    [Fact]
    public async Task CleanUp_HeartbeatsOfNobody_AreSwept()
    {
        await Table.InsertAsync(Entry(1, SiloStatus.Dead), Entry(2));
        Store.Inject(new Fault.Fail(), BlobCalls.List);
        await Assert.ThrowsAsync<BlobStoreException>(() => Table.CleanupDefunctSiloEntriesAsync(Noon.AddDays(1)));
        Assert.Equal(2, (await Store.ListNamesAsync("alive/")).Count);

        await Table.CleanupDefunctSiloEntriesAsync(Noon.AddDays(1));

        Assert.Single(await Store.ListNamesAsync("alive/"));
        await Table.UpdateIAmAliveAsync(Beat(2, Noon));
    }
}
