using System.Collections.Immutable;
using System.Globalization;
using RecoveryVault.Errors;
using RecoveryVault.Vaults;

namespace RecoveryVault.Activity;

/// <summary>Appends to and reads a vault's activity log; keeps only where its end was.</summary>
[GrainType("activity-log")]
public sealed class ActivityLogGrain(ActivityLog log, TimeProvider time) : Grain, IActivityLogGrain, IActivityLogWriter
{
    private const int CheckedPerCall = 500;

    private LogHead? _head;

    private VaultId VaultId => VaultId.Parse(this.GetPrimaryKeyString());

    public async Task AppendAsync(
        string caller,
        string operation,
        string status,
        Guid correlationId,
        ImmutableSortedDictionary<string, string> details
    ) =>
        _head = await log.AppendAsync(
            VaultId,
            await GetHeadAsync(),
            _ => new LogRecord
            {
                Time = time.GetUtcNow(),
                Caller = caller,
                Operation = operation,
                Status = status,
                CorrelationId = correlationId,
                Details = details,
            }
        );

    public async Task<Page<ActivityEntry>> ListAsync(PageRequest page)
    {
        var before = page.After is { } after
            ? long.Parse(after, NumberStyles.None, CultureInfo.InvariantCulture)
            : (await GetHeadAsync()).Seq + 1;
        var count = Math.Clamp(page.Count, 1, PageRequest.MaxCount);
        List<ActivityEntry> entries = [];
        for (var seq = before - 1; seq > 0 && entries.Count < count; seq--)
        {
            var entry =
                await log.ReadAsync(VaultId, seq)
                ?? throw new VaultException(ErrorCodes.DataMissing, $"Log entry {seq} is missing.", "Run 'rvault activity-log verify'.");
            entries.Add(entry.Record.ToEntry());
        }
        return new Page<ActivityEntry>(
            entries,
            entries is [.., { Seq: > 1 } last] ? last.Seq.ToString(CultureInfo.InvariantCulture) : null
        );
    }

    public async Task<ActivityCheck> VerifyAsync(long fromSeq)
    {
        var head = await GetHeadAsync();
        var previous = fromSeq > 1 && await log.ReadAsync(VaultId, fromSeq - 1) is { } before ? before.Hash : ActivityLog.Genesis;
        var seq = fromSeq;
        for (; seq <= head.Seq && seq < fromSeq + CheckedPerCall; seq++)
        {
            var (fault, hash) = await CheckAsync(seq, previous);
            if (fault is not null)
                return new ActivityCheck((int)(seq - fromSeq), null, fault, seq);
            previous = hash;
        }
        return new ActivityCheck((int)(seq - fromSeq), seq <= head.Seq ? seq : null, null, null);
    }

    private async Task<(string? Fault, string Hash)> CheckAsync(long seq, string previous)
    {
        try
        {
            if (await log.ReadAsync(VaultId, seq) is not { } entry)
                return ("The entry is missing.", "");
            return entry.Record.PrevHash == previous ? (null, entry.Hash) : ("The entry does not follow the one before it.", "");
        }
        catch (VaultException e)
        {
            return (e.Message, "");
        }
    }

    private async Task<LogHead> GetHeadAsync() =>
        _head = _head is { } known ? await log.FindHeadAsync(VaultId, known) : await log.FindHeadAsync(VaultId);
}
