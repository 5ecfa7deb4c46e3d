using CsCheck;
using RecoveryVault.Reminders;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;
using static RecoveryVault.Tests.Reminders.ReminderSamples;

namespace RecoveryVault.Tests.Reminders;

/// <summary>What Orleans 10.4 asks of a reminder table, for every kind of store.</summary>
public abstract partial class ReminderTableConformance<TKind> : IAsyncLifetime
    where TKind : StoreKind, new()
{
    private readonly TKind _kind = new();

    private FaultyBlobStore Store { get; set; } = null!;

    private BlobReminderTable Table { get; set; } = null!;

    public async Task InitializeAsync()
    {
        Store = new FaultyBlobStore(_kind.Open());
        Table = Open(Store);
        await Table.StartAsync(CancellationToken.None);
    }

    public async Task DisposeAsync() => await _kind.DisposeAsync();

    private async Task UnchangedAsync(Func<Task> action)
    {
        var before = await _kind.LookAsync();
        await action();
        Assert.Equal(before, await _kind.LookAsync());
    }

    [Fact]
    public async Task Read_NothingThere_IsNothing()
    {
        await Table.UpsertRow(Reminder(Grain(1)));

        Assert.Null(await Table.ReadRow(Grain(2), "tick"));
        Assert.Null(await Table.ReadRow(Grain(1), "Tick"));
        Assert.Empty((await Table.ReadRows(Grain(2))).Reminders);
    }

    [Fact]
    public async Task Remove_WrongEtagNameOrGrain_IsFalseAndChangesNothing()
    {
        var old = await Table.UpsertRow(Reminder(Grain(1)));
        var etag = await Table.UpsertRow(Reminder(Grain(1)));
        await UnchangedAsync(async () =>
        {
            Assert.False(await Table.RemoveRow(Grain(1), "tick", old!));
            Assert.False(await Table.RemoveRow(Grain(1), "tick", ""));
            Assert.False(await Table.RemoveRow(Grain(1), "bla", etag!));
            Assert.False(await Table.RemoveRow(Grain(2), "tick", etag!));
        });
    }

    [Fact]
    public async Task Remove_RightEtag_IsTrueOnceAndTakesNoOther()
    {
        var etag = await Table.UpsertRow(Reminder(Grain(1)));
        await Table.UpsertRow(Reminder(Grain(1), "other"));

        Assert.True(await Table.RemoveRow(Grain(1), "tick", etag!));

        Assert.False(await Table.RemoveRow(Grain(1), "tick", etag!));
        Assert.Equal("other", Assert.Single((await Table.ReadRows(Grain(1))).Reminders).ReminderName);
    }

    [Fact]
    public async Task Upsert_Reminder_ReadsBackAsItWas()
    {
        string[] names = ["foo/bar\\#b_a_z?", "", " ", "ä\ud83d\ude00\u0001\"", new string('n', 500)];
        foreach (var (name, i) in names.Select((n, i) => (n, i)))
        {
            var given = Reminder(Grain(7), name, i);
            given.ETag = "whatever";
            given.ETag = await Table.UpsertRow(given);
            Assert.False(string.IsNullOrEmpty(given.ETag));
            var read = await Open(_kind.Open()).ReadRow(Grain(7), name);
            Assert.Equal(Full(given), Full(read!));
            Assert.Equal(DateTimeKind.Utc, read!.StartAt.Kind);
        }
        Assert.Equal(
            names.Order(StringComparer.Ordinal),
            (await Table.ReadRows(Grain(7))).Reminders.Select(r => r.ReminderName).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task Upsert_StartAtOfAnyKind_IsKeptToTheSecondAsUtc()
    {
        var local = DateTime.SpecifyKind(Noon, DateTimeKind.Utc).ToLocalTime();
        var unspecified = DateTime.SpecifyKind(Noon, DateTimeKind.Unspecified);
        foreach (var start in new[] { local, unspecified, Noon.AddMilliseconds(999) })
        {
            var given = Reminder(Grain(1));
            given.StartAt = start;
            await Table.UpsertRow(given);
            var read = (await Table.ReadRow(Grain(1), "tick"))!.StartAt;
            Assert.Equal((Noon.Ticks / TimeSpan.TicksPerSecond, DateTimeKind.Utc), (read.Ticks / TimeSpan.TicksPerSecond, read.Kind));
        }
    }

    [Fact]
    public async Task Upsert_OverAnother_ReplacesItWhateverItsEtag()
    {
        HashSet<string?> etags = [await Table.UpsertRow(Reminder(Grain(1)))];
        for (var i = 1; i < 5; i++)
        {
            var given = Reminder(Grain(1), minutes: i);
            given.ETag = i % 2 == 0 ? null : "stale";
            var etag = await Table.UpsertRow(given);
            Assert.True(etags.Add(etag));
            given.ETag = etag;
            Assert.Equal(Full(given), Full(Assert.Single((await Table.ReadRows(Grain(1))).Reminders)));
        }
        Assert.True(etags.Add(await Table.UpsertRow(Reminder(Grain(1), minutes: 4))), "equal values got an old etag");
    }

    [Fact]
    public async Task Entries_AfterTheCall_AreTheCallersOwn()
    {
        var given = Reminder(Grain(1));
        await Table.UpsertRow(given);
        given.Period = TimeSpan.FromDays(1);
        (await Table.ReadRow(Grain(1), "tick"))!.Period = TimeSpan.FromDays(2);
        (await Table.ReadRows(0, 0)).Reminders[0].Period = TimeSpan.FromDays(3);

        Assert.Equal(TimeSpan.FromMinutes(1), (await Table.ReadRow(Grain(1), "tick"))!.Period);
    }

    [Fact]
    public async Task ReadRows_AnyRange_IsTheHashesInIt()
    {
        List<uint> hashes = [];
        for (var i = 0; i < 40; i++)
        {
            hashes.Add(Grain(i).GetUniformHashCode());
            await Table.UpsertRow(Reminder(Grain(i)));
        }
        uint[] edges =
        [
            .. hashes.SelectMany(h => new[] { h - 1, h, h + 1, h & 0xFF000000, h | 0x00FFFFFF }),
            0,
            1,
            uint.MaxValue,
            0xFF000000,
        ];
        await Gen.Select(Gen.OneOf(edges), Gen.OneOf(Gen.OneOf(edges), Gen.UInt))
            .SampleAsync(
                async (begin, end) =>
                {
                    var expected = hashes.Where(h => begin < end ? h > begin && h <= end : h > begin || h <= end);
                    var read = await Table.ReadRows(begin, end);
                    Assert.Equal(expected.Order(), read.Reminders.Select(r => r.GrainId.GetUniformHashCode()).Order());
                },
                iter: TestScale.Iterations(60),
                threads: 1
            );
    }

    [Fact]
    public async Task ReadRows_FromAHashToItself_IsTheWholeRing()
    {
        for (var i = 0; i < 5; i++)
            await Table.UpsertRow(Reminder(Grain(i)));
        foreach (var at in new[] { 0u, 1u, uint.MaxValue, Grain(2).GetUniformHashCode() })
            Assert.Equal(5, (await Table.ReadRows(at, at)).Reminders.Count);
    }

    [Fact]
    public async Task Services_OnOneStore_SeeNothingOfEachOther()
    {
        string[] services = ["a", "a/b", "a.b", "A", "..", "ab", "a_", "a%2Fb"];
        foreach (var (service, i) in services.Select((s, i) => (s, i)))
            await Open(Store, service).UpsertRow(Reminder(Grain(1), $"{i}"));
        foreach (var (service, i) in services.Select((s, i) => (s, i)))
            Assert.Equal($"{i}", Assert.Single((await Open(_kind.Open(), service).ReadRows(5, 5)).Reminders).ReminderName);

        await Open(Store, "a").TestOnlyClearTable();

        Assert.Empty((await Open(_kind.Open(), "a").ReadRows(0, 0)).Reminders);
        Assert.Single((await Open(_kind.Open(), "a/b").ReadRows(0, 0)).Reminders);
        Assert.Single((await Open(_kind.Open(), "ab").ReadRows(0, 0)).Reminders);
    }

    [Fact]
    public async Task AnyCall_Cancelled_SaysSoAndChangesNothing()
    {
        var etag = await Table.UpsertRow(Reminder(Grain(1)));
        var cancelled = new CancellationToken(canceled: true);
        Func<Task>[] calls =
        [
            () => Table.StartAsync(cancelled),
            () => Table.ReadRow(Grain(1), "tick", cancelled),
            () => Table.ReadRows(Grain(1), cancelled),
            () => Table.ReadRows(0, 0, cancelled),
            () => Table.UpsertRow(Reminder(Grain(1)), cancelled),
            () => Table.RemoveRow(Grain(1), "tick", etag!, cancelled),
            () => Table.TestOnlyClearTable(cancelled),
        ];
        foreach (var call in calls)
            await UnchangedAsync(() => Assert.ThrowsAnyAsync<OperationCanceledException>(call));
    }

    [Fact]
    public async Task Clear_Table_IsEmpty()
    {
        for (var i = 0; i < 5; i++)
            await Table.UpsertRow(Reminder(Grain(i)));
        await Table.TestOnlyClearTable();
        Assert.Empty(await _kind.LookAsync());
    }
}

public sealed class ReminderTableOnMemoryTests : ReminderTableConformance<MemoryStoreKind>;

public sealed class ReminderTableOnFilesTests : ReminderTableConformance<FileStoreKind>;
