using System.Net;
using RecoveryVault.Clustering;
using RecoveryVault.Tests.Storage;
using static RecoveryVault.Tests.Clustering.MembershipSamples;

namespace RecoveryVault.Tests.Clustering;

/// <summary>What Orleans 10.4 asks of a membership table, for every kind of store.</summary>
public abstract partial class MembershipTableConformance<TKind> : IAsyncLifetime
    where TKind : StoreKind, new()
{
    private readonly TKind _kind = new();

    private FaultyBlobStore Store { get; set; } = null!;

    private BlobMembershipTable Table { get; set; } = null!;

    public async Task InitializeAsync()
    {
        Store = new FaultyBlobStore(_kind.Open());
        Table = Open(Store);
        await Table.InitializeMembershipTableAsync(tryInitTableVersion: true);
    }

    public async Task DisposeAsync() => await _kind.DisposeAsync();

    /// <summary>Runs an action that must leave everything in the store as it is.</summary>
    private async Task UnchangedAsync(Func<Task> action)
    {
        var before = await _kind.LookAsync();
        await action();
        Assert.Equal(before, await _kind.LookAsync());
    }

    [Fact]
    public async Task Insert_StaleVersion_IsFalseAndChangesNothing()
    {
        var stale = (await Table.ReadAllAsync()).Version;
        await Table.InsertAsync(Entry(1));

        await UnchangedAsync(async () => Assert.False(await Table.InsertRowAsync(Entry(2), stale.Next())));
    }

    [Fact]
    public async Task Insert_SiloThatIsThere_IsFalseAndChangesNothing()
    {
        await Table.InsertAsync(Entry(1));
        var version = (await Table.ReadAllAsync()).Version;

        await UnchangedAsync(async () =>
            Assert.False(await Table.InsertRowAsync(Entry(1, SiloStatus.Dead, Noon.AddDays(1)), version.Next()))
        );
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(-1)]
    public async Task Write_VersionThatIsNotTheNext_IsFalseAndChangesNothing(int step)
    {
        await Table.InsertAsync(Entry(1));
        var now = (await Table.ReadAllAsync()).Version;
        var wrong = new TableVersion(now.Version + step, now.VersionEtag);

        await UnchangedAsync(async () => Assert.False(await Table.InsertRowAsync(Entry(2), wrong)));
        await UnchangedAsync(async () => Assert.False(await Table.UpdateRowAsync(Entry(1, SiloStatus.Dead), "1", wrong)));
    }

    [Fact]
    public async Task Update_SiloThatIsNotThere_IsFalseAndChangesNothing()
    {
        await Table.InsertAsync(Entry(1));
        await UnchangedAsync(async () => Assert.False(await Table.UpdateAsync(Entry(2))));
    }

    [Fact]
    public async Task Update_StaleVersion_IsFalseAndChangesNothing()
    {
        await Table.InsertAsync(Entry(1));
        var (_, etag) = (await Table.ReadAllAsync()).Members[0];
        var stale = (await Table.ReadAllAsync()).Version;
        Assert.True(await Table.UpdateAsync(Entry(1, SiloStatus.ShuttingDown)));

        await UnchangedAsync(async () => Assert.False(await Table.UpdateRowAsync(Entry(1, SiloStatus.Dead), etag, stale.Next())));
    }

    [Fact]
    public async Task ReadAll_NewTable_IsEmptyWithAVersion()
    {
        var read = await Table.ReadAllAsync();
        Assert.Empty(read.Members);
        Assert.Equal(0, read.Version.Version);
        Assert.False(string.IsNullOrEmpty(read.Version.VersionEtag));
        Assert.Empty((await Table.ReadRowAsync(Silo(1))).Members);
    }

    [Fact]
    public async Task Initialize_TableThatIsThere_KeepsIt()
    {
        await Table.InsertAsync(Entry(1));
        await UnchangedAsync(async () =>
        {
            await Table.InitializeMembershipTableAsync(true);
            await Open(_kind.Open()).InitializeMembershipTableAsync(true);
            await Open(_kind.Open()).InitializeMembershipTableAsync(false);
        });
    }

    [Fact]
    public async Task Initialize_ByManyAtOnce_MakesOneTable()
    {
        await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Task.Run(() => Open(_kind.Open(), "many").InitializeMembershipTableAsync(true)))
        );
        var table = Open(_kind.Open(), "many");
        await table.InsertAsync(Entry(1));
        Assert.Equal(1, (await table.ReadAllAsync()).Version.Version);
    }

    [Fact]
    public async Task Initialize_WithoutMaking_MakesNothing()
    {
        await UnchangedAsync(() => Open(_kind.Open(), "other").InitializeMembershipTableAsync(false));
        Assert.Equal(0, (await Open(_kind.Open(), "other").ReadAllAsync()).Version.Version);
    }

    [Fact]
    public async Task Insert_Row_ReadsBackAsItWas()
    {
        var plain = Entry(1);
        (plain.RoleName, plain.SuspectTimes) = (null, null);
        var voted = Entry(2, SiloStatus.Joining).Voted((7, Noon.AddTicks(1)), (8, Noon.AddDays(-2)));
        var unvoted = Entry(3).Voted();
        var other = Entry(4);
        other.SiloAddress = SiloAddress.New(IPAddress.Parse("fe80::1"), 1, 4);
        (other.HostName, other.SiloName) = ("häuser\"|,", "\u0001\ud83d\ude00");
        var expected = new[] { plain, voted, unvoted, other }.Select(Full).ToList();

        await Table.InsertAsync(plain, voted, unvoted, other);

        var read = await Open(_kind.Open()).ReadAllAsync();
        Assert.Equal(expected.Order(), read.Members.Select(m => Full(m.Item1)).Order());
        Assert.Equal(4, read.Version.Version);
        Assert.All(read.Members, m => Assert.False(string.IsNullOrEmpty(m.Item2)));
        Assert.All(read.Members, m => Assert.Equal(DateTimeKind.Utc, m.Item1.StartTime.Kind));
        Assert.Equal(Full(other), Full(Assert.Single((await Table.ReadRowAsync(other.SiloAddress)).Members).Item1));
    }

    [Fact]
    public async Task Update_Row_ReplacesItWholeAndOnlyIt()
    {
        await Table.InsertAsync(Entry(1), Entry(2).Voted((1, Noon)));
        var before = await Table.ReadAllAsync();
        var changed = Entry(1, SiloStatus.Dead, Noon.AddHours(1)).Voted((2, Noon));
        (changed.ProxyPort, changed.SiloName) = (0, "renamed");

        Assert.True(await Table.UpdateAsync(changed));

        var after = await Table.ReadAllAsync();
        Assert.Equal(before.Version.Version + 1, after.Version.Version);
        Assert.NotEqual(before.Version.VersionEtag, after.Version.VersionEtag);
        Assert.Equal(Full(changed), Full(await Table.EntryAsync(1)));
        Assert.Equal(Full(Entry(2).Voted((1, Noon))), Full(await Table.EntryAsync(2)));
        Assert.NotEqual(before.TryGet(Silo(1))!.Item2, after.TryGet(Silo(1))!.Item2);
        Assert.Equal(before.TryGet(Silo(2))!.Item2, after.TryGet(Silo(2))!.Item2);
    }

    [Fact]
    public async Task Update_WhateverTheRowsEtag_GoesByTheTables()
    {
        await Table.InsertAsync(Entry(1));
        Assert.True(await Table.UpdateRowAsync(Entry(1, SiloStatus.Dead), "nonsense", (await Table.ReadAllAsync()).Version.Next()));
    }

    [Fact]
    public async Task Entries_AfterTheCall_AreTheCallersOwn()
    {
        var given = Entry(1).Voted((2, Noon));
        await Table.InsertAsync(given);
        Spoil(given);
        var read = (await Table.ReadAllAsync()).Members[0].Item1;
        Assert.Equal(Full(Entry(1).Voted((2, Noon))), Full(read));
        Spoil(read);
        Spoil((await Table.ReadRowAsync(Silo(1))).Members[0].Item1);

        Assert.Equal(Full(Entry(1).Voted((2, Noon))), Full(await Table.EntryAsync(1)));

        static void Spoil(MembershipEntry entry)
        {
            entry.Status = SiloStatus.Dead;
            entry.SuspectTimes!.Add(Tuple.Create(Silo(9), Noon));
        }
    }

    [Fact]
    public async Task Clusters_OnOneStore_SeeNothingOfEachOther()
    {
        string[] clusters = ["a", "a/b", "a.b", "A", "..", "a%2Fb", "ab"];
        foreach (var (cluster, i) in clusters.Select((c, i) => (c, i)))
        {
            await Open(Store, cluster).InitializeMembershipTableAsync(true);
            await Open(Store, cluster).InsertAsync(Entry(i));
        }
        foreach (var (cluster, i) in clusters.Select((c, i) => (c, i)))
            Assert.Equal([i], (await Open(_kind.Open(), cluster).ReadAllAsync()).Numbers());
    }

    [Fact]
    public async Task Delete_Cluster_TakesAllOfItAndNothingElse()
    {
        await Table.InsertAsync(Entry(1), Entry(2));
        var before = await _kind.LookAsync();
        foreach (var other in new[] { "other", "cluster", "cluster/α", "cluster/α.1/x" })
        {
            await Open(Store, other).InsertAsync(Entry(1));
            await Table.DeleteMembershipTableEntriesAsync(other);
            Assert.Equal(before, await _kind.LookAsync());
        }
        await Open(Store, "other").DeleteMembershipTableEntriesAsync(ClusterId);
        Assert.Empty(await _kind.LookAsync());
        Assert.Equal(0, (await Table.ReadAllAsync()).Version.Version);
    }

    [Fact]
    public async Task AnyCall_Cancelled_SaysSoAndChangesNothing()
    {
        await Table.InsertAsync(Entry(1, SiloStatus.Dead));
        var version = (await Table.ReadAllAsync()).Version.Next();
        var cancelled = new CancellationToken(canceled: true);
        Func<Task>[] calls =
        [
            () => Table.InitializeMembershipTableAsync(true, cancelled),
            () => Table.DeleteMembershipTableEntriesAsync(ClusterId, cancelled),
            () => Table.CleanupDefunctSiloEntriesAsync(Noon.AddDays(1), cancelled),
            () => Table.ReadRowAsync(Silo(1), cancelled),
            () => Table.ReadAllAsync(cancelled),
            () => Table.InsertRowAsync(Entry(2), version, cancelled),
            () => Table.UpdateRowAsync(Entry(1), "1", version, cancelled),
            () => Table.UpdateIAmAliveAsync(Beat(1, Noon), cancelled),
        ];
        foreach (var call in calls)
            await UnchangedAsync(() => Assert.ThrowsAnyAsync<OperationCanceledException>(call));
    }

    [Fact]
    public async Task Methods_WithoutToken_DoTheSame()
    {
        await CallWithoutTokensAsync(Table);
        Assert.Equal(0, (await Table.ReadAllAsync()).Version.Version);
    }

    /// <summary>Through the class: the contract calls these obsolete.</summary>
    private static async Task CallWithoutTokensAsync(BlobMembershipTable table)
    {
        await table.InitializeMembershipTable(true);
        Assert.True(await table.InsertRow(Entry(1), (await table.ReadAll()).Version.Next()));
        Assert.True(await table.UpdateRow(Entry(1, SiloStatus.Dead), "1", (await table.ReadAll()).Version.Next()));
        await table.UpdateIAmAlive(Beat(1, Noon.AddHours(1)));
        Assert.Equal(Noon.AddHours(1), (await table.ReadRow(Silo(1))).Members[0].Item1.IAmAliveTime);
        await table.CleanupDefunctSiloEntries(Noon.AddHours(1).AddTicks(1));
        Assert.Empty((await table.ReadAll()).Members);
        await table.DeleteMembershipTableEntries(ClusterId);
    }
}

public sealed class MembershipTableOnMemoryTests : MembershipTableConformance<MemoryStoreKind>;

public sealed class MembershipTableOnFilesTests : MembershipTableConformance<FileStoreKind>;
