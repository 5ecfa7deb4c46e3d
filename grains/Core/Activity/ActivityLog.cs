using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Activity;

/// <summary>
/// A vault's activity log in storage: one create-only authenticated blob per entry, <c>log/{vaultId}/{seq}</c>, each holding the hash of
/// the one before. Creating entry n+1 is the append: of two writers one wins, the other looks again. A changed, removed or reordered entry
/// breaks the chain; a removed tail is found by the checkpoints, and by the records that remember a later sequence number.
/// </summary>
public sealed partial class ActivityLog(IBlobStore store, PlatformKeyring keyring)
{
    /// <summary>The hash before the first entry.</summary>
    public static readonly string Genesis = new('0', 64);

    /// <summary>Appends at the first free place after <paramref name="head"/> and returns the new head.</summary>
    /// <param name="isThere">Knows this very entry when another activation appended it meanwhile: then it is done.</param>
    public async Task<LogHead> AppendAsync(
        VaultId vaultId,
        LogHead head,
        Func<long, LogRecord> entry,
        Func<LogRecord, bool>? isThere = null,
        CancellationToken cancellation = default
    )
    {
        while (true)
        {
            var wasThere = false;
            head = await FollowAsync(vaultId, head, passed => wasThere |= isThere?.Invoke(passed) is true, cancellation);
            if (wasThere)
                return head;
            var record = entry(head.Seq + 1) with
            {
                VaultId = vaultId,
                Seq = head.Seq + 1,
                PrevHash = head.Hash,
                Checkpoint = head.Checkpoint,
            };
            var payload = JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Default.LogRecord);
            var content = RecordEnvelope.Seal(RecordType.LogEntry, keyring.Current, payload);
            var mine = new LogHead(record.Seq, Hash(payload), record.Checkpoint);
            try
            {
                await store.PutAsync(BlobOf(vaultId, record.Seq), new ReadOnlySequence<byte>(content), PutCondition.IfAbsent, cancellation);
                return mine;
            }
            catch (BlobStoreException e) when (e.Error is BlobError.PreconditionFailed or BlobError.Unavailable)
            {
                // The place is taken, perhaps by this very entry, whose answer was lost. If nothing is there, the failure stands.
                var there = await ReadAsync(vaultId, record.Seq, cancellation);
                if (there?.Hash == mine.Hash)
                    return mine;
                if (there is null && e.Error == BlobError.Unavailable)
                    throw;
            }
        }
    }

    /// <summary>The newest entry from a known one on.</summary>
    /// <param name="passed">Told of each entry after the known one, in order.</param>
    public Task<LogHead> FindHeadAsync(
        VaultId vaultId,
        LogHead from,
        Action<LogRecord>? passed = null,
        CancellationToken cancellation = default
    ) => FollowAsync(vaultId, from, passed ?? (_ => { }), cancellation);

    private async Task<LogHead> FollowAsync(VaultId vaultId, LogHead from, Action<LogRecord> passed, CancellationToken cancellation)
    {
        while (await ReadAsync(vaultId, from.Seq + 1, cancellation) is { } next)
        {
            from = new LogHead(next.Record.Seq, next.Hash, Newer(next.Record.Checkpoint, from.Checkpoint));
            passed(next.Record);
        }
        return from;
    }

    /// <summary>The newest entry.</summary>
    public async Task<LogHead> FindHeadAsync(VaultId vaultId, CancellationToken cancellation = default) =>
        await FindEndAsync(vaultId, cancellation: cancellation) is > 0 and var end
            ? await WithNewestCheckpointAsync(vaultId, await FindHeadAsync(vaultId, end, cancellation), cancellation)
            : new LogHead(0, Genesis);

    /// <summary>
    /// The newest entry's number, found by doubling and halving; 0 when there is none. Entries have no gaps unless somebody removed some:
    /// what lies beyond a gap still counts, so that the gap shows and is never filled.
    /// </summary>
    /// <param name="from">A number that is known to be there, or 0: fewer need to be looked at.</param>
    public async Task<long> FindEndAsync(VaultId vaultId, long from = 0, CancellationToken cancellation = default)
    {
        long present = from,
            missing = from + 1;
        while (await ExistsAsync(vaultId, missing, cancellation))
            (present, missing) = (missing, missing + (missing - from));
        while (missing - present > 1)
        {
            var middle = present + (missing - present) / 2;
            if (await ExistsAsync(vaultId, middle, cancellation))
                present = middle;
            else
                missing = middle;
        }
        var last = present == 0 ? null : BlobOf(vaultId, present);
        await foreach (var beyond in store.ListAllAsync($"log/{vaultId}/", last, cancellation))
            present = AuthenticatedRecords.SequenceOf(beyond.Name);
        return present;
    }

    /// <summary>Reads one entry and checks that it is authentic and in its place; null when there is none.</summary>
    /// <exception cref="VaultException">RecordTampered, DataBitRot.</exception>
    public async Task<(LogRecord Record, string Hash)?> ReadAsync(VaultId vaultId, long seq, CancellationToken cancellation = default) =>
        await ReadAsync(vaultId, seq, keyring.Find, cancellation);

    private async Task<(LogRecord Record, string Hash)?> ReadAsync(
        VaultId vaultId,
        long seq,
        Func<uint, PlatformKey?> find,
        CancellationToken cancellation
    )
    {
        var found = await FindAsync(
            BlobOf(vaultId, seq),
            RecordType.LogEntry,
            RecordJson.Default.LogRecord,
            $"Log entry {seq}",
            find,
            cancellation
        );
        if (found is not { } entry)
            return null;
        var record = entry.Value;
        return record.VaultId == vaultId && record.Seq == seq
            ? (record, Hash(entry.Payload))
            : throw new VaultException(
                ErrorCodes.RecordTampered,
                $"Log entry {seq} belongs to another place: it is {PlaceOf(record.VaultId == vaultId, record.Seq)}."
            );
    }

    /// <summary>An authentic entry or checkpoint; whether it is in its place its reader must see.</summary>
    private async Task<(T Value, byte[] Payload)?> FindAsync<T>(
        string name,
        RecordType type,
        JsonTypeInfo<T> json,
        string what,
        Func<uint, PlatformKey?> find,
        CancellationToken cancellation
    )
        where T : class
    {
        if (await store.GetAsync(name, cancellation) is not { } blob)
            return null;
        try
        {
            var payload = RecordEnvelope.Open(blob.Content.Span, type, find);
            return RecordJson.Read(payload, json) is { } value
                ? (value, payload)
                : throw new VaultException(ErrorCodes.RecordTampered, $"{what} is empty.");
        }
        catch (FormatFaultException fault)
        {
            throw FormatRefusals.ToVaultException(fault, what, isRecord: true);
        }
    }

    private async Task<LogHead> FindHeadAsync(VaultId vaultId, long seq, CancellationToken cancellation) =>
        await ReadAsync(vaultId, seq, cancellation) is { } entry
            ? new LogHead(seq, entry.Hash, entry.Record.Checkpoint)
            : throw new VaultException(ErrorCodes.DataMissing, $"Log entry {seq} is missing.");

    /// <summary>This activation may know of a checkpoint that the entries of another do not name yet.</summary>
    private static CheckpointRef? Newer(CheckpointRef? named, CheckpointRef? known) =>
        named?.Number >= (known?.Number ?? 0) ? named : known;

    private async Task<bool> ExistsAsync(VaultId vaultId, long seq, CancellationToken cancellation) =>
        await store.ReadAsync(BlobOf(vaultId, seq), 0, Memory<byte>.Empty, cancellation) is not null;

    private static string Hash(ReadOnlySpan<byte> payload) => Convert.ToHexStringLower(SHA256.HashData(payload));

    private static string BlobOf(VaultId vaultId, long seq) => $"log/{vaultId}/{AuthenticatedRecords.Sequence(seq)}";
}

/// <summary>The end of a log: its last sequence number, that entry's hash (hex), and the newest checkpoint that is known.</summary>
public sealed record LogHead(long Seq, string Hash, CheckpointRef? Checkpoint = null)
{
    public LogMark ToMark() => new(Seq, Hash);
}
