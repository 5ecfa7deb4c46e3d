using System.Collections.Immutable;
using System.Globalization;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Vaults;

namespace RecoveryVault.Activity;

/// <summary>Appends to and reads a vault's activity log; keeps only where its end was.</summary>
[GrainType("activity-log")]
public sealed class ActivityLogGrain(ActivityLog log, LogWitnesses witnesses, TimeProvider time)
    : Grain,
        IActivityLogGrain,
        IActivityLogWriter
{
    private const int CheckedPerCall = 500;

    private LogTail? _tail;

    private VaultId VaultId => VaultId.Parse(this.GetPrimaryKeyString());

    private LogTail Tail => _tail ??= new LogTail(log, VaultId);

    public async Task AppendAsync(
        string caller,
        string operation,
        string status,
        Guid correlationId,
        ImmutableSortedDictionary<string, string> details
    )
    {
        var entry = EntryOf(caller, operation, status, correlationId, details);
        await CheckpointAsync(await Tail.AppendAsync(entry), entry);
    }

    public async Task AppendOnceAsync(
        string caller,
        string operation,
        Guid correlationId,
        ImmutableSortedDictionary<string, string> details,
        bool mayBeOld
    )
    {
        var entry = EntryOf(caller, operation, LogStatuses.Succeeded, correlationId, details);
        await CheckpointAsync(await Tail.AppendOnceAsync(entry, mayBeOld ? LogTail.LongOwed : LogTail.NewlyOwed), entry);
    }

    private LogRecord EntryOf(
        string caller,
        string operation,
        string status,
        Guid correlationId,
        ImmutableSortedDictionary<string, string> details
    ) =>
        new()
        {
            Time = time.GetUtcNow(),
            Caller = caller,
            Operation = operation,
            Status = status,
            CorrelationId = correlationId,
            Details = details,
        };

    /// <summary>The entry is durable: a checkpoint that cannot be written is still due at the next one.</summary>
    private async Task CheckpointAsync(LogHead head, LogRecord entry)
    {
        if (LogCheckpoint.IsDue(head.Checkpoint, head.Seq, entry.Operation, entry.Time))
            await Journal.BestEffortAsync(() => Tail.WriteCheckpointAsync(entry.Time));
    }

    public async Task<LogMark> GetMarkAsync() => (await Tail.GetHeadAsync()).ToMark();

    public async Task<Page<ActivityEntry>> ListAsync(PageRequest page)
    {
        var head = (await Tail.GetHeadAsync()).Seq;
        var before = page.After is { } after ? Math.Min(ParsePosition(after), head + 1) : head + 1;
        var count = Math.Clamp(page.Count, 1, PageRequest.MaxCount);
        List<ActivityEntry> entries = [];
        PageRoom room = default;
        for (var seq = before - 1; seq > 0 && entries.Count < count && !room.IsFull; seq--)
        {
            var entry =
                await log.ReadAsync(VaultId, seq)
                ?? throw new VaultException(ErrorCodes.DataMissing, $"Log entry {seq} is missing.", "Run 'rvault activity-log verify'.");
            entries.Add(entry.Record.ToEntry());
            room.Take(entry.Record.Details.SelectMany(d => new[] { d.Key, d.Value }));
        }
        return new Page<ActivityEntry>(
            entries,
            entries is [.., { Seq: > 1 } last] ? last.Seq.ToString(CultureInfo.InvariantCulture) : null
        );
    }

    private static long ParsePosition(string after) =>
        long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var seq)
            ? seq
            : throw new VaultException(ErrorCodes.InvalidRequest, $"'{after}' is no position in an activity log.");

    public Task<ActivityCheck> VerifyAsync(long fromSeq) =>
        log.VerifyAsync(VaultId, fromSeq, CheckedPerCall, Tail.KnownSeq, witnesses.ReadAsync(VaultId));
}
