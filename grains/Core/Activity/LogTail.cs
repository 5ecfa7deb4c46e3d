using RecoveryVault.Errors;
using RecoveryVault.Vaults;

namespace RecoveryVault.Activity;

/// <summary>
/// What one writer of a vault's log knows of its end: where it was, and the newest entries, so that an entry that two writers owe is
/// appended by one of them. Not for concurrent use.
/// </summary>
public sealed class LogTail(ActivityLog log, VaultId vaultId)
{
    /// <summary>How far back an entry can lie that was owed only moments ago.</summary>
    public const int NewlyOwed = 8;

    /// <summary>How far back one can lie that was owed by somebody who died.</summary>
    public const int LongOwed = 100;

    /// <summary>Without gaps, the newest last.</summary>
    private readonly List<Passed> _recent = [];

    private LogHead? _head;

    /// <summary>The last entry's number that this writer has seen; 0: none.</summary>
    public long KnownSeq => _head?.Seq ?? 0;

    /// <summary>Where the log ends now.</summary>
    public async Task<LogHead> GetHeadAsync() =>
        _head = _head is { } known ? await log.FindHeadAsync(vaultId, known, Pass) : await log.FindHeadAsync(vaultId);

    /// <summary>Appends; the entry is durable when this returns.</summary>
    public async Task<LogHead> AppendAsync(LogRecord entry) => await AppendAsync(entry, await GetHeadAsync(), _ => false);

    /// <summary>
    /// Appends an entry that another writer may have appended a moment ago or be appending now: one of the same operation, status and
    /// correlation id is enough. An unreadable entry ends the look back: what is owed does not wait for the log's repair.
    /// </summary>
    /// <param name="entry">The entry.</param>
    /// <param name="depth">How many of the newest entries are looked through, 0 to <see cref="LongOwed"/>.</param>
    public async Task<LogHead> AppendOnceAsync(LogRecord entry, int depth)
    {
        var head = await GetHeadAsync();
        await LookBackAsync(head.Seq, depth);
        bool IsThere(Passed passed) =>
            (passed.CorrelationId, passed.Operation, passed.Status) == (entry.CorrelationId, entry.Operation, entry.Status);
        return _recent.Any(IsThere) ? head : await AppendAsync(entry, head, IsThere);
    }

    /// <summary>Writes a checkpoint of the end.</summary>
    public async Task WriteCheckpointAsync(DateTimeOffset now) =>
        _head = await log.WriteCheckpointAsync(vaultId, await GetHeadAsync(), now);

    private async Task<LogHead> AppendAsync(LogRecord entry, LogHead head, Func<Passed, bool> isThere)
    {
        _head = await log.AppendAsync(
            vaultId,
            head,
            _ => entry,
            record =>
            {
                Pass(record);
                return isThere(new(record));
            }
        );
        Pass(entry with { Seq = _head.Seq });
        return _head;
    }

    private void Pass(LogRecord record)
    {
        if (_recent is [.., var last] && record.Seq <= last.Seq)
            return;
        if (_recent.Count == LongOwed)
            _recent.RemoveAt(0);
        _recent.Add(new(record));
    }

    private async Task LookBackAsync(long end, int depth)
    {
        for (var seq = _recent is [var first, ..] ? first.Seq - 1 : end; seq > 0 && _recent.Count < depth; seq--)
        {
            try
            {
                if (await log.ReadAsync(vaultId, seq) is not { Record: var record })
                    return;
                _recent.Insert(0, new(record));
            }
            catch (VaultException)
            {
                // Damaged, which verification says: the newer ones are what is known.
                return;
            }
        }
    }

    private readonly record struct Passed(long Seq, Guid CorrelationId, string Operation, string Status)
    {
        public Passed(LogRecord record)
            : this(record.Seq, record.CorrelationId, record.Operation, record.Status) { }
    }
}
