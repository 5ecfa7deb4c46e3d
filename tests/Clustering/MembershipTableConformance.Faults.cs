using CsCheck;
using RecoveryVault.Errors;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;
using static RecoveryVault.Tests.Clustering.MembershipSamples;

namespace RecoveryVault.Tests.Clustering;

/// <summary>Stores that fail, lose answers and die, and many silos at once.</summary>
public abstract partial class MembershipTableConformance<TKind>
{
    [Fact]
    public async Task AnyCall_StoreAway_IsAnErrorAndNeverAnEmptyAnswer()
    {
        await Table.InsertAsync(Entry(1, SiloStatus.Dead));
        var version = (await Table.ReadAllAsync()).Version.Next();
        Func<Task>[] calls =
        [
            () => Table.InitializeMembershipTableAsync(true),
            () => Table.DeleteMembershipTableEntriesAsync(ClusterId),
            () => Table.CleanupDefunctSiloEntriesAsync(Noon.AddDays(1)),
            () => Table.ReadRowAsync(Silo(1)),
            () => Table.ReadAllAsync(),
            () => Table.InsertRowAsync(Entry(2), version),
            () => Table.UpdateRowAsync(Entry(1), "1", version),
            () => Table.UpdateIAmAliveAsync(Beat(1, Noon)),
        ];
        foreach (var call in calls)
        {
            foreach (var error in new[] { BlobError.Unavailable, BlobError.AccessDenied })
            {
                Store.Inject(new Fault.Fail(error));
                await UnchangedAsync(async () => Assert.Equal(error, (await Assert.ThrowsAsync<BlobStoreException>(call)).Error));
            }
        }
        Store.Inject(new Fault.Fail(), BlobCalls.Get, nth: 1);
        await Assert.ThrowsAsync<BlobStoreException>(() => Table.ReadAllAsync());
    }

    [Theory]
    [InlineData("{", BlobError.Damaged)]
    [InlineData("", BlobError.Damaged)]
    [InlineData("null", BlobError.Damaged)]
    [InlineData("""{"schema":1,"owner":"another","changes":1,"marks":[],"content":{"version":1,"rows":[]}}""", BlobError.Damaged)]
    [InlineData("""{"schema":1,"owner":"cluster/α.1","changes":1,"marks":[],"content":{"version":1}}""", BlobError.Damaged)]
    [InlineData("""{"schema":1,"owner":"cluster/α.1","changes":1,"marks":[],"content":null}""", BlobError.Damaged)]
    public async Task AnyCall_TableDamaged_SaysSoAndChangesNothing(string content, BlobError error)
    {
        var version = (await Table.ReadAllAsync()).Version.Next();
        await Store.PutTextAsync((await Store.ListNamesAsync("membership/"))[0], content);
        await UnchangedAsync(async () =>
        {
            Assert.Equal(error, (await Assert.ThrowsAsync<BlobStoreException>(() => Table.ReadAllAsync())).Error);
            await Assert.ThrowsAsync<BlobStoreException>(() => Table.InsertRowAsync(Entry(1), version));
            await Assert.ThrowsAsync<BlobStoreException>(() => Table.InitializeMembershipTableAsync(true));
        });
    }

    [Fact]
    public async Task AnyCall_TableOfANewerVersion_IsRefused()
    {
        await Store.PutTextAsync((await Store.ListNamesAsync("membership/"))[0], """{"content":7,"schema":2}""");
        Assert.Equal(ErrorCodes.StoreTooNew, (await Assert.ThrowsAsync<VaultException>(() => Table.ReadAllAsync())).Code);
    }

    [Fact]
    public async Task Write_AnswerLost_IsTrueForItWasMade()
    {
        Store.Inject(new Fault.AckLost(), BlobCalls.Put);
        Assert.True(await Table.InsertRowAsync(Entry(1), (await Table.ReadAllAsync()).Version.Next()));
        Store.Inject(new Fault.AckLost(), BlobCalls.Put);
        Assert.True(await Table.UpdateAsync(Entry(1, SiloStatus.ShuttingDown)));
        Assert.Equal(2, (await Table.ReadAllAsync()).Version.Version);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    public async Task Write_AnswerLostAndOthersWroteOnTop_IsStillTrue(int others)
    {
        await Table.InsertAsync(Entry(1));
        var version = (await Table.ReadAllAsync()).Version.Next();
        Store.Inject(new Fault.AckLost(), BlobCalls.Put);
        Store.Inject(new Fault.First(() => VoteAsync(others)), BlobCalls.Get, nth: 2);

        Assert.True(await Table.UpdateRowAsync(Entry(1, SiloStatus.ShuttingDown), "1", version));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    public async Task Write_NotMadeAndOthersWrote_IsFalse(int others)
    {
        await Table.InsertAsync(Entry(1));
        var version = (await Table.ReadAllAsync()).Version.Next();
        Store.Inject(new Fault.Fail(), BlobCalls.Put);
        Store.Inject(new Fault.First(() => VoteAsync(others)), BlobCalls.Get, nth: 2);

        Assert.False(await Table.UpdateRowAsync(Entry(1, SiloStatus.ShuttingDown), "1", version));
    }

    /// <summary>So many others that nobody can tell any more.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Write_AnswerLostAndForgotten_IsAnError(bool isMade)
    {
        await Table.InsertAsync(Entry(1));
        var version = (await Table.ReadAllAsync()).Version.Next();
        Store.Inject(isMade ? new Fault.AckLost() : new Fault.Fail(), BlobCalls.Put);
        Store.Inject(new Fault.First(() => VoteAsync(33)), BlobCalls.Get, nth: 2);

        await Assert.ThrowsAsync<BlobStoreException>(() => Table.UpdateRowAsync(Entry(1, SiloStatus.ShuttingDown), "1", version));
    }

    /// <summary>A store that tries a put again, after an answer was lost below it, is refused by its own first try.</summary>
    [Fact]
    public async Task Write_RefusedByItsOwnFirstTry_IsTrue()
    {
        var twice = Open(new TwiceStore(_kind.Open()));
        await twice.InsertAsync(Entry(1));
        Assert.True(await twice.UpdateAsync(Entry(1, SiloStatus.Dead)));
        Assert.Equal(2, (await twice.ReadAllAsync()).Version.Version);
    }

    private async Task VoteAsync(int times)
    {
        var other = Open(_kind.Open());
        for (var i = 0; i < times; i++)
            Assert.True(await other.UpdateAsync(Entry(1).Voted((2, Noon.AddMinutes(i)))));
    }

    /// <summary>Each call of each operation, each fault: the table is what it was before or after, and true only after.</summary>
    [Fact]
    public async Task AnyOperation_AnyFaultAtAnyCall_IsDoneOrNotAndCanBeDoneAgain()
    {
        foreach (var (operation, index) in Operations.Select((o, i) => (o, i)))
        {
            for (var nth = 0; ; nth++)
            {
                var runs = 0;
                foreach (var fault in Fault.Everywhere)
                    runs += await TryWithFaultAsync(operation, fault, nth, $"fault-{index}-{nth}-{fault.GetType().Name}") ? 1 : 0;
                if (runs == 0)
                    break;
            }
        }
    }

    private static IReadOnlyList<Func<IMembershipTable, Task<bool?>>> Operations { get; } =
    [
        async t => await t.InsertRowAsync(Entry(5), (await t.ReadAllAsync()).Version.Next()),
        async t => await t.UpdateAsync(Entry(1, SiloStatus.ShuttingDown)),
        async t => await NothingAsync(t.CleanupDefunctSiloEntriesAsync(Noon.AddDays(1))),
        async t => await NothingAsync(t.UpdateIAmAliveAsync(Beat(1, Noon.AddHours(1)))),
    ];

    private static async Task<bool?> NothingAsync(Task task)
    {
        await task;
        return null;
    }

    /// <returns>Whether there was such a call.</returns>
    private async Task<bool> TryWithFaultAsync(Func<IMembershipTable, Task<bool?>> operation, Fault fault, int nth, string cluster)
    {
        var sound = Open(_kind.Open(), cluster);
        await sound.InitializeMembershipTableAsync(true);
        await sound.InsertAsync(Entry(1), Entry(2, SiloStatus.Dead));
        var before = await PictureAsync(sound);
        var faulty = new FaultyBlobStore(_kind.Open());
        faulty.Inject(fault, nth: nth);
        bool? said = null;
        var failed = false;
        try
        {
            said = await operation(Open(faulty, cluster));
        }
        catch (Exception e) when (e is BlobStoreException or SimulatedCrashException)
        {
            failed = true;
        }
        var wasReached = faulty.Count() > nth;
        var between = await PictureAsync(sound);
        var again = await operation(sound);
        var after = await PictureAsync(sound);
        // The version moves on where an update is done twice.
        Assert.Contains(between.Rows, new[] { before.Rows, after.Rows });
        Assert.True(failed || said is not true || between.Rows == after.Rows, $"{cluster}: true, and not done");
        Assert.True(said is not false, $"{cluster}: false, and nobody else was there");
        Assert.True(again is not false || between.Rows == after.Rows, $"{cluster}: it can never be done");
        return wasReached;
    }

    private static async Task<(int Version, string Rows)> PictureAsync(IMembershipTable table)
    {
        var read = await table.ReadAllAsync();
        return (read.Version.Version, string.Join('\n', read.Members.Select(m => Full(m.Item1)).Order(StringComparer.Ordinal)));
    }

    /// <summary>Many processes change one row while its silo's heart beats: each success is one version, and no vote is lost.</summary>
    [Fact]
    public Task Update_ByManyWhileHeartsBeat_IsEachOneVersionAndLosesNothing() =>
        Gen.Select(Gen.Int[2, 5], Gen.Int[1, 5], Gen.Int[0, 40].List[0, 3])
            .SampleAsync(
                async (writers, each, lostAt) =>
                {
                    var cluster = Guid.NewGuid().ToString();
                    var faulty = new FaultyBlobStore(_kind.Open());
                    await Open(faulty, cluster).InitializeMembershipTableAsync(true);
                    await Open(faulty, cluster).InsertAsync(Entry(0));
                    foreach (var nth in lostAt)
                        faulty.Inject(
                            new Fault.AckLost(),
                            BlobCalls.Put,
                            nth,
                            name => name.StartsWith("membership/", StringComparison.Ordinal)
                        );
                    using var over = new CancellationTokenSource();
                    var hearts = Task.Run(() => BeatAsync(Open(_kind.Open(), cluster), over.Token));

                    await Task.WhenAll(
                        Enumerable.Range(1, writers).Select(w => Task.Run(() => AddVotesAsync(Open(faulty, cluster), w, each)))
                    );

                    await over.CancelAsync();
                    var beats = await hearts;
                    var read = await Open(_kind.Open(), cluster).ReadAllAsync();
                    Assert.Equal(1 + (writers * each), read.Version.Version);
                    var entry = Assert.Single(read.Members).Item1;
                    Assert.Equal(writers * each, entry.SuspectTimes!.Distinct().Count());
                    Assert.InRange(entry.IAmAliveTime, Noon, Noon.AddSeconds(beats));
                },
                iter: TestScale.Iterations(15),
                threads: 1
            );

    private static async Task<int> BeatAsync(IMembershipTable table, CancellationToken over)
    {
        var beats = 0;
        while (!over.IsCancellationRequested)
        {
            await table.UpdateIAmAliveAsync(Beat(0, Noon.AddSeconds(++beats)), CancellationToken.None);
            await Task.Yield();
        }
        return beats;
    }

    private static async Task AddVotesAsync(IMembershipTable table, int writer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            while (true)
            {
                var read = await table.ReadRowAsync(Silo(0));
                var (entry, etag) = read.Members[0];
                (entry.SuspectTimes ??= []).Add(Tuple.Create(Silo(writer), Noon.AddMinutes(i)));
                if (await table.UpdateRowAsync(entry, etag, read.Version.Next()))
                    break;
            }
        }
    }
}
