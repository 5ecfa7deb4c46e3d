using System.Text.Json.Nodes;
using CsCheck;
using RecoveryVault.Reminders;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;
using static RecoveryVault.Tests.Reminders.ReminderSamples;

namespace RecoveryVault.Tests.Reminders;

/// <summary>Stores that fail, lose answers, die or hold something else, and many writers at once.</summary>
public abstract partial class ReminderTableConformance<TKind>
{
    [Fact]
    public async Task AnyCall_StoreAway_IsAnErrorAndNeverAnEmptyAnswer()
    {
        var etag = await Table.UpsertRow(Reminder(Grain(1)));
        Func<Task>[] calls =
        [
            () => Table.ReadRow(Grain(1), "tick"),
            () => Table.ReadRows(Grain(1)),
            () => Table.ReadRows(0, 0),
            () => Table.UpsertRow(Reminder(Grain(1))),
            () => Table.RemoveRow(Grain(1), "tick", etag!),
            () => Table.TestOnlyClearTable(),
        ];
        foreach (var call in calls)
        {
            Store.Inject(new Fault.Fail());
            await UnchangedAsync(() => Assert.ThrowsAsync<BlobStoreException>(call));
        }
        Store.Inject(new Fault.Fail(), BlobCalls.Get);
        await Assert.ThrowsAsync<BlobStoreException>(() => Table.ReadRows(0, 0));
    }

    [Fact]
    public async Task Rows_ThatAreDamaged_AreLeftOutAndKept()
    {
        await Table.UpsertRow(Reminder(Grain(1)));
        await Table.UpsertRow(Reminder(Grain(1), "other"));
        var name = Assert.Single(await Store.ListNamesAsync("reminders/"));
        var document = JsonNode.Parse((await Store.GetTextAsync(name))!)!;
        var rows = document["content"]!.AsArray();
        var elsewhere = Enumerable
            .Range(2, 99)
            .Select(Grain)
            .First(g => g.GetUniformHashCode() >> 24 != Grain(1).GetUniformHashCode() >> 24);
        string[] damaged =
        [
            "7",
            "null",
            "{}",
            """{"grain":"","name":"x","startAt":"2026-11-28T12:00:00Z","period":"00:01:00","eTag":"e"}""",
            """{"grain":"GRAIN","name":"x","startAt":"noon","period":"00:01:00","eTag":"e"}""",
            """{"grain":"GRAIN","name":"x","startAt":"2026-11-28T12:00:00Z","period":"99:99","eTag":"e"}""",
            """{"grain":"GRAIN","name":null,"startAt":"2026-11-28T12:00:00Z","period":"00:01:00","eTag":"e"}""",
            """{"grain":"ELSEWHERE","name":"x","startAt":"2026-11-28T12:00:00Z","period":"00:01:00","eTag":"e"}""",
        ];
        string Of(string row) =>
            row.Replace("GRAIN", Json(Grain(1)), StringComparison.Ordinal).Replace("ELSEWHERE", Json(elsewhere), StringComparison.Ordinal);
        foreach (var row in damaged)
            rows.Insert(0, JsonNode.Parse(Of(row)));
        await Store.PutTextAsync(name, document.ToJsonString());

        Assert.Equal(2, (await Table.ReadRows(0, 0)).Reminders.Count);
        Assert.Equal(2, (await Table.ReadRows(Grain(1))).Reminders.Count);
        Assert.NotNull(await Table.UpsertRow(Reminder(Grain(1), "third")));

        var kept = JsonNode.Parse((await Store.GetTextAsync(name))!)!["content"]!.AsArray().Select(n => n?.ToJsonString() ?? "null");
        Assert.Equal(damaged.Length, damaged.Count(row => kept.Contains(JsonNode.Parse(Of(row))?.ToJsonString() ?? "null")));
        Assert.Equal(3, (await Table.ReadRows(0, 0)).Reminders.Count);
    }

    private static string Json(GrainId grain) => grain.ToString().Replace("\\", "\\\\", StringComparison.Ordinal);

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("""{"schema":1,"owner":"another","changes":1,"marks":[],"content":[]}""")]
    [InlineData("""{"schema":1,"owner":"service/β.1","changes":1,"marks":[],"content":null}""")]
    public async Task Bucket_ThatIsDamaged_IsAnErrorAndIsNotOverwritten(string content)
    {
        var etag = await Table.UpsertRow(Reminder(Grain(1)));
        await Store.PutTextAsync(Assert.Single(await Store.ListNamesAsync("reminders/")), content);
        await UnchangedAsync(async () =>
        {
            await Assert.ThrowsAsync<BlobStoreException>(() => Table.ReadRows(0, 0));
            await Assert.ThrowsAsync<BlobStoreException>(() => Table.UpsertRow(Reminder(Grain(1))));
            await Assert.ThrowsAsync<BlobStoreException>(() => Table.RemoveRow(Grain(1), "tick", etag!));
        });
    }

    [Fact]
    public async Task Names_ThatAreNoBuckets_AreNoReminders()
    {
        await Table.UpsertRow(Reminder(Grain(1)));
        var folder = Assert.Single(await Store.ListNamesAsync("reminders/"))[..^"xx.json".Length];
        foreach (var name in new[] { "0", "zz.json", "100.json", "A0.json", "+1.json", "00.json.b", "00/00.json" })
            await Store.PutTextAsync(folder + name, "x");
        Assert.Single((await Table.ReadRows(0, 0)).Reminders);
    }

    /// <summary>Others are always faster: Orleans is told so, and asks again.</summary>
    [Fact]
    public async Task Upsert_AlwaysOvertaken_GivesUpWithoutAnEtag()
    {
        await Table.UpsertRow(Reminder(Grain(1)));
        var other = Open(_kind.Open());
        for (var i = 0; i < 64; i++)
            Store.Inject(new Fault.First(() => other.UpsertRow(Reminder(Grain(1), "other"))), BlobCalls.Put, i);

        Assert.Null(await Table.UpsertRow(Reminder(Grain(1), minutes: 5)));
        Assert.NotNull(await Table.UpsertRow(Reminder(Grain(1), minutes: 5)));
    }

    [Fact]
    public async Task Writes_AnswerLost_AreDoneOnce()
    {
        Store.Inject(new Fault.AckLost(), BlobCalls.Put);
        var etag = await Table.UpsertRow(Reminder(Grain(1)));
        Assert.Equal(etag, (await Table.ReadRow(Grain(1), "tick"))!.ETag);
        Store.Inject(new Fault.AckLost(), BlobCalls.Put);
        Assert.True(await Table.RemoveRow(Grain(1), "tick", etag!));
        Assert.Null(await Table.ReadRow(Grain(1), "tick"));
    }

    [Fact]
    public async Task AnyWrite_AnyFaultAtAnyCall_IsDoneOrNotAndCanBeDoneAgain()
    {
        foreach (var removes in new[] { false, true })
        {
            for (var nth = 0; nth < 4; nth++)
            {
                foreach (var fault in Fault.Everywhere)
                    await TryWithFaultAsync(removes, fault, nth, $"{removes}-{nth}-{fault.GetType().Name}");
            }
        }
    }

    private async Task TryWithFaultAsync(bool removes, Fault fault, int nth, string service)
    {
        var sound = Open(_kind.Open(), service);
        var etag = (await sound.UpsertRow(Reminder(Grain(1))))!;
        await sound.UpsertRow(Reminder(Grain(1), "other"));
        var faulty = Open(new FaultyBlobStore(_kind.Open()).Inject(fault, nth: nth), service);
        async Task<bool> WriteAsync(BlobReminderTable table) =>
            removes ? await table.RemoveRow(Grain(1), "tick", etag) : await table.UpsertRow(Reminder(Grain(1), minutes: 9)) is not null;
        async Task<bool> IsDoneAsync() => (await sound.ReadRow(Grain(1), "tick"))?.Period != TimeSpan.FromMinutes(1);
        var failure = await Record.ExceptionAsync(async () => Assert.True(await WriteAsync(faulty)));
        Assert.True(failure is null or BlobStoreException or SimulatedCrashException, $"{service}: {failure}");
        Assert.True(failure is not null || await IsDoneAsync(), $"{service}: said to be done");
        var wasDone = await IsDoneAsync();
        Assert.Equal(!removes || !wasDone, await WriteAsync(sound));
        Assert.True(await IsDoneAsync());
        Assert.NotNull(await sound.ReadRow(Grain(1), "other"));
    }

    [Fact]
    public Task Writers_ManyOnFewBuckets_LoseNothing() =>
        Gen.Select(Gen.Int[2, 5], Gen.Int[1, 4], Gen.Int[0, 30].List[0, 3])
            .SampleAsync(
                async (writers, each, lostAt) =>
                {
                    var service = Guid.NewGuid().ToString();
                    var faulty = new FaultyBlobStore(_kind.Open());
                    foreach (var nth in lostAt)
                        faulty.Inject(new Fault.AckLost(), BlobCalls.Put, nth);
                    var removed = await Task.WhenAll(
                        Enumerable.Range(0, writers).Select(w => Task.Run(() => WriteAsync(Open(faulty, service), w, each)))
                    );
                    var left = (await Open(_kind.Open(), service).ReadRows(0, 0)).Reminders.Select(r => r.ReminderName);
                    Assert.Equal(Enumerable.Range(0, writers).Select(w => $"keep {w}"), left.Order(StringComparer.Ordinal));
                    Assert.All(removed, count => Assert.Equal(each, count));
                },
                iter: TestScale.Iterations(10),
                threads: 1
            );

    /// <summary>Of many who remove one row, one does.</summary>
    [Fact]
    public async Task Remove_ByMany_IsTrueForOne()
    {
        var etag = (await Table.UpsertRow(Reminder(Grain(1))))!;
        var removed = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(_ => Task.Run(() => Open(_kind.Open()).RemoveRow(Grain(1), "tick", etag)))
        );
        Assert.Single(removed, true);
    }

    /// <returns>How many of its own it removed.</returns>
    private static async Task<int> WriteAsync(BlobReminderTable table, int writer, int count)
    {
        var removed = 0;
        await table.UpsertRow(Reminder(Grain(1), $"keep {writer}"));
        for (var i = 0; i < count; i++)
        {
            var etag = await table.UpsertRow(Reminder(Grain(1), $"go {writer} {i}"));
            removed += await table.RemoveRow(Grain(1), $"go {writer} {i}", etag!) ? 1 : 0;
        }
        return removed;
    }
}
