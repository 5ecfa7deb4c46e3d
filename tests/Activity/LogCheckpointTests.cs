using System.Buffers;
using System.Collections.Immutable;
using RecoveryVault.Activity;
using RecoveryVault.Format;
using RecoveryVault.Keys;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Keys;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Activity;

/// <summary>What checkpoints, and records that remember the log, give away that the chain of entries alone does not.</summary>
public sealed class LogCheckpointTests : KeyringTest
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly MemoryBlobStore _store = new();
    private readonly VaultId _vault = VaultId.Create();

    private ActivityLog Log => new(_store, Keyring);

    /// <summary>Entries in a row; those of the given numbers are stated by a checkpoint.</summary>
    private async Task<LogHead> FillAsync(int count, params int[] stated)
    {
        var head = new LogHead(0, ActivityLog.Genesis);
        for (var i = 1; i <= count; i++)
            head = await AppendAsync(head, isStated: stated.Contains(i));
        return head;
    }

    private async Task<LogHead> AppendAsync(LogHead head, bool isStated = false)
    {
        head = await Log.AppendAsync(_vault, head, seq => EntryOf($"op{seq}"));
        return isStated ? await Log.WriteCheckpointAsync(_vault, head, Noon) : head;
    }

    private static LogRecord EntryOf(string operation) =>
        new()
        {
            Time = Noon,
            Caller = "tester@here",
            Operation = operation,
            Status = "Succeeded",
            CorrelationId = Guid.Empty,
            Details = ImmutableSortedDictionary<string, string>.Empty,
        };

    private Task<ActivityCheck> VerifyAsync(params RememberedMark[] marks) =>
        Log.VerifyAsync(_vault, 1, 500, marks: marks.ToAsyncEnumerable());

    private string Entry(long seq) => $"log/{_vault}/{seq:x16}";

    private string Checkpoint(long number) => $"checkpoints/{_vault}/{number:x16}";

    private async Task<byte[]> BytesOfAsync(string name) => (await _store.GetAsync(name))!.Content.ToArray();

    private Task<string> PutAsync(string name, byte[] content) =>
        _store.PutAsync(name, new ReadOnlySequence<byte>(content), PutCondition.Always);

    private async Task DeleteEntriesAsync(int from, int to)
    {
        for (var seq = from; seq <= to; seq++)
            await _store.DeleteAsync(Entry(seq));
    }

    [Fact]
    public async Task Verify_EndOfTheLogRemoved_IsFoundByTheCheckpointThatStatesIt()
    {
        await FillAsync(9, 3, 8);
        await DeleteEntriesAsync(8, 9);

        var check = await VerifyAsync();

        Assert.Equal(8, check.FaultSeq);
        Assert.Contains("Checkpoint 2 states entry 8, but the log ends before it", check.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_EndRemovedWithItsCheckpoint_IsFoundByWhatRemembersTheLog()
    {
        var head = await FillAsync(9, 3, 8);
        await DeleteEntriesAsync(8, 9);
        await _store.DeleteAsync(Checkpoint(2));
        // Nothing in the log itself can tell.
        Assert.Null((await VerifyAsync()).Fault);

        var check = await VerifyAsync(new RememberedMark("recovery point X", head.ToMark()));

        Assert.Equal(8, check.FaultSeq);
        Assert.Contains("recovery point X was written when it had 9 entries", check.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_LogWrittenAnewBehindACut_IsFoundByWhatRemembersTheLog()
    {
        var head = await FillAsync(9, 3, 8);
        await DeleteEntriesAsync(5, 9);
        await _store.DeleteAsync(Checkpoint(2));
        // The silo itself goes on from there, as one would after bringing back an older copy of the log.
        for (var (again, i) = (await Log.FindHeadAsync(_vault), 0); i < 6; i++)
            again = await Log.AppendAsync(_vault, again, _ => EntryOf("another"));

        var check = await VerifyAsync(new RememberedMark("change 4 of the vault's settings", head.ToMark()));

        Assert.Equal((9, "The entry is not the one that change 4 of the vault's settings remembers."), (check.FaultSeq, check.Fault));
    }

    [Fact]
    public async Task Verify_AnyObjectRemovedChangedOrExchanged_FindsIt()
    {
        await FillAsync(12, 2, 5, 9, 12);
        var names = await _store.ListNamesAsync("");
        Assert.Equal(16, names.Count);
        Assert.Equal((12, 4), ((await VerifyAsync()).Checked, (await VerifyAsync()).Checkpoints));
        foreach (var name in names)
        {
            var original = await BytesOfAsync(name);
            await _store.DeleteAsync(name);
            // The newest checkpoint alone proves nothing that the log does not.
            Assert.Equal(name == Checkpoint(4), (await VerifyAsync()).Fault is null);
            for (var at = 0; at < original.Length; at += 23)
            {
                byte[] flipped = [.. original];
                flipped[at] ^= 1;
                await PutAsync(name, flipped);
                Assert.NotNull((await VerifyAsync()).Fault);
            }
            foreach (var other in names.Where(n => n != name))
            {
                await PutAsync(name, await BytesOfAsync(other));
                Assert.NotNull((await VerifyAsync()).Fault);
            }
            await PutAsync(name, original);
        }
        Assert.Null((await VerifyAsync()).Fault);
    }

    [Fact]
    public async Task Verify_CheckpointUnderAForeignKeyOrOfAnotherVault_IsRefused()
    {
        await FillAsync(4, 2);
        var other = VaultId.Create();
        var foreign = await Log.AppendAsync(other, new LogHead(0, ActivityLog.Genesis), _ => EntryOf("foreign"));
        await Log.WriteCheckpointAsync(other, foreign, Noon);
        using var attackers = await PlatformKeyring.CreateAsync(new MemoryBlobStore(), "store", TimeProvider.System);
        var payload = (await BytesOfAsync(Checkpoint(1))).AsSpan(20..^48).ToArray();

        await PutAsync(Checkpoint(1), await BytesOfAsync($"checkpoints/{other}/{1:x16}"));
        Assert.Contains("belongs to another place", (await VerifyAsync()).Fault, StringComparison.Ordinal);
        await PutAsync(Checkpoint(1), RecordEnvelope.Seal(RecordType.LogCheckpoint, attackers.Current, payload));
        Assert.Contains("Checkpoint 1", (await VerifyAsync()).Fault, StringComparison.Ordinal);
        await PutAsync(Checkpoint(1), RecordEnvelope.Seal(RecordType.LogCheckpoint, new PlatformKey(7, attackers.Current.Secret), payload));
        Assert.Contains("platform key 7", (await VerifyAsync()).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_AuthenticRecordInAnothersPlace_SaysWhichItIs()
    {
        await FillAsync(6, 1, 3, 5);
        var other = VaultId.Create();
        var foreign = await Log.AppendAsync(other, new LogHead(0, ActivityLog.Genesis), _ => EntryOf("foreign"));
        await Log.WriteCheckpointAsync(other, foreign, Noon);

        foreach (
            var (place, from, what) in (List<(string, string, string)>)
                [
                    (Checkpoint(3), Checkpoint(2), "Checkpoint 3 belongs to another place: it is number 2."),
                    (Checkpoint(1), $"checkpoints/{other}/{1:x16}", "Checkpoint 1 belongs to another place: it is that of another vault."),
                    (Entry(4), Entry(3), "Log entry 4 belongs to another place: it is number 3."),
                    (Entry(1), $"log/{other}/{1:x16}", "Log entry 1 belongs to another place: it is that of another vault."),
                ]
        )
        {
            var original = await BytesOfAsync(place);
            await PutAsync(place, await BytesOfAsync(from));
            Assert.Equal(what, (await VerifyAsync()).Fault);
            await PutAsync(place, original);
        }
        Assert.Equal("platform:1", (await VerifyAsync()).KeyIds);
    }

    [Fact]
    public async Task Verify_PageByPage_CountsEachCheckpointOnce()
    {
        await FillAsync(40, 1, 2, 10, 11, 25, 39, 40);
        for (var page = 1; page <= 41; page++)
        {
            var (entries, checkpoints) = (0, 0);
            for (long? from = 1; from is { } seq; )
            {
                var check = await Log.VerifyAsync(_vault, seq, page);
                Assert.Null(check.Fault);
                (entries, checkpoints, from) = (entries + check.Checked, checkpoints + check.Checkpoints, check.NextSeq);
            }
            Assert.Equal((40, 7), (entries, checkpoints));
        }
    }

    [Fact]
    public async Task WriteCheckpoint_AnswerLost_IsThatCheckpoint_AndFailed_IsNone()
    {
        var faulty = new FaultyBlobStore(_store);
        var log = new ActivityLog(faulty, Keyring);
        var head = await FillAsync(2);
        faulty.Inject(new Fault.Fail(), BlobCalls.Put);
        await Assert.ThrowsAsync<BlobStoreException>(() => log.WriteCheckpointAsync(_vault, head, Noon));
        Assert.Equal(new ActivityCheck(2, null, null, null, KeyIds: "platform:1"), await VerifyAsync());

        faulty.Inject(new Fault.AckLost(), BlobCalls.Put);
        head = await log.WriteCheckpointAsync(_vault, head, Noon);

        Assert.Equal((1, 2), (head.Checkpoint?.Number, head.Checkpoint?.Seq));
        await AppendAsync(head);
        Assert.Equal(new ActivityCheck(3, null, null, null, 1, KeyIds: "platform:1"), await VerifyAsync());
    }

    [Fact]
    public async Task WriteCheckpoint_ProcessDiedBeforeTheLogNamedIt_TheNextOneFollowsIt()
    {
        var head = await FillAsync(3);
        await Log.WriteCheckpointAsync(_vault, head, Noon);
        // A new process looks for the newest, which no entry names, so that its own entry does.
        var next = await AppendAsync(await Log.FindHeadAsync(_vault));
        Assert.Equal(1, next.Checkpoint?.Number);
        Assert.Equal(1, (await Log.ReadAsync(_vault, 4))?.Record.Checkpoint?.Number);

        next = await Log.WriteCheckpointAsync(_vault, next, Noon);

        Assert.Equal((2, 4), (next.Checkpoint?.Number, next.Checkpoint?.Seq));
        await AppendAsync(next);
        Assert.Equal(new ActivityCheck(5, null, null, null, 2, KeyIds: "platform:1"), await VerifyAsync());
    }

    [Theory]
    [InlineData(1, "Backup", 0, true)]
    [InlineData(64, "Backup", 0, false)]
    [InlineData(65, "Backup", 0, true)]
    [InlineData(2, "Backup", 59, false)]
    [InlineData(2, "Backup", 60, true)]
    [InlineData(2, "Backup", -60, true)]
    [InlineData(2, "UpdateEncryption", 0, true)]
    [InlineData(2, "DeleteBackupData", 0, true)]
    public void IsDue_FirstEntryOrManyOrAnHourOrADangerousOne_AndNotOtherwise(int seq, string operation, int minutes, bool isDue)
    {
        var last = seq == 1 ? null : new CheckpointRef(1, ActivityLog.Genesis, 1, Noon);

        Assert.Equal(isDue, LogCheckpoint.IsDue(last, seq, operation, Noon.AddMinutes(minutes)));
    }
}
