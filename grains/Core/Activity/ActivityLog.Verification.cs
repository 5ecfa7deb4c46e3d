using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Keys;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Activity;

public sealed partial class ActivityLog
{
    /// <summary>
    /// Checks at most <paramref name="count"/> entries from <paramref name="fromSeq"/> on: each authentic, in its place, after the one
    /// before, and every checkpoint it names is there and states an entry that is. At the end of the log also what names no entry: later
    /// checkpoints, and the places other records remember.
    /// </summary>
    /// <param name="knownEnd">A sequence number the log is known to have reached: if it ends before, its tail was removed.</param>
    /// <param name="marks">Places others remember; looked at when the end is reached.</param>
    /// <exception cref="VaultException">InvalidRequest.</exception>
    public async Task<ActivityCheck> VerifyAsync(
        VaultId vaultId,
        long fromSeq,
        int count,
        long knownEnd = 0,
        IAsyncEnumerable<RememberedMark>? marks = null,
        CancellationToken cancellation = default
    )
    {
        if (fromSeq < 1)
            throw new VaultException(ErrorCodes.InvalidRequest, $"The first entry is 1, got {fromSeq}.");
        var end = Math.Max(await FindEndAsync(vaultId, cancellation: cancellation), knownEnd);
        var check = new LogCheck(this, vaultId);
        var seq = fromSeq;
        try
        {
            if (fromSeq > 1)
                await check.BeginAsync(fromSeq - 1, cancellation);
            for (; seq <= end && seq < fromSeq + count; seq++)
                await check.EntryAsync(seq, cancellation);
            if (seq > end)
                await check.EndAsync(end, marks, cancellation);
        }
        catch (LogFaultException fault)
        {
            // Another activation may have gone on meanwhile: then there is more to look at, not a fault.
            return fault.Seq > end && await FindEndAsync(vaultId, cancellation: cancellation) > end
                ? new ActivityCheck((int)(seq - fromSeq), seq, null, null, check.Checkpoints)
                : new ActivityCheck((int)Math.Max(0, seq - fromSeq), null, fault.Message, fault.Seq, check.Checkpoints, check.Marks);
        }
        return new ActivityCheck((int)(seq - fromSeq), seq <= end ? seq : null, null, null, check.Checkpoints, check.Marks, check.KeyIds);
    }

    /// <summary>One walk along the log.</summary>
    private sealed class LogCheck(ActivityLog log, VaultId vaultId)
    {
        private LogHead _last = new(0, Genesis);

        private readonly SortedSet<uint> _keyIds = [];

        public string KeyIds => string.Join(' ', _keyIds.Select(KeyVersions.Platform));

        public int Checkpoints { get; private set; }

        public int Marks { get; private set; }

        /// <summary>Starts behind an entry that was checked before.</summary>
        public async Task BeginAsync(long seq, CancellationToken cancellation)
        {
            var (record, hash) = await ReadAsync(seq, cancellation);
            _last = new LogHead(seq, hash, record.Checkpoint);
        }

        public async Task EntryAsync(long seq, CancellationToken cancellation)
        {
            var (record, hash) = await ReadAsync(seq, cancellation);
            if (record.PrevHash != _last.Hash)
                throw new LogFaultException(seq, "The entry does not follow the one before it.");
            var named = record.Checkpoint;
            if ((named?.Number ?? 0) < (_last.Checkpoint?.Number ?? 0))
                throw new LogFaultException(seq, "The entry names an older checkpoint than the one before it.");
            for (var next = _last.Checkpoint; next?.Number != named?.Number; )
            {
                next = await CheckpointAsync(next, seq, cancellation) ?? throw Missing(next, seq);
                _last = _last with { Checkpoint = next };
            }
            if (named != _last.Checkpoint)
                throw new LogFaultException(seq, $"The entry names another checkpoint {named?.Number} than the one that is there.");
            _last = new LogHead(seq, hash, named);
        }

        private static LogFaultException Missing(CheckpointRef? before, long seq) =>
            new(seq, $"Checkpoint {(before?.Number ?? 0) + 1}, which this entry knows of, is missing.");

        /// <summary>What lies behind the newest checkpoint that an entry names, and what else remembers the log.</summary>
        public async Task EndAsync(long end, IAsyncEnumerable<RememberedMark>? marks, CancellationToken cancellation)
        {
            while (await CheckpointAsync(_last.Checkpoint, end + 1, cancellation) is { } later)
                _last = _last with { Checkpoint = later };
            await foreach (var blob in ListLaterAsync(cancellation))
                throw new LogFaultException(end + 1, $"{blob} lies behind a checkpoint that is missing.");
            await foreach (var mark in marks ?? AsyncEnumerable.Empty<RememberedMark>())
            {
                if (mark.Mark.Seq > end)
                    throw new LogFaultException(
                        end + 1,
                        $"The log ends here, but {mark.By} was written when it had {mark.Mark.Seq} entries."
                    );
                if (mark.Mark.Seq > 0 && (await ReadAsync(mark.Mark.Seq, cancellation)).Hash != mark.Mark.Hash)
                    throw new LogFaultException(mark.Mark.Seq, $"The entry is not the one that {mark.By} remembers.");
                Marks++;
            }
        }

        private IAsyncEnumerable<string> ListLaterAsync(CancellationToken cancellation)
        {
            var last = _last.Checkpoint is { } known ? CheckpointBlob(vaultId, known.Number) : null;
            return log.ListNamesAsync(Checkpoints(vaultId), last, cancellation);
        }

        /// <summary>The checkpoint after another one; null when there is none.</summary>
        /// <param name="before">Only entries before this one can be stated yet.</param>
        private async Task<CheckpointRef?> CheckpointAsync(CheckpointRef? previous, long before, CancellationToken cancellation)
        {
            var number = (previous?.Number ?? 0) + 1;
            if (await OrFaultAsync(before, () => log.FindCheckpointAsync(vaultId, number, Find, cancellation)) is not { } found)
                return null;
            var checkpoint = found.Checkpoint;
            if (checkpoint.PrevHash != (previous?.Hash ?? Genesis))
                throw new LogFaultException(checkpoint.Seq, $"Checkpoint {number} does not follow the one before it.");
            if (checkpoint.Seq >= before)
                throw new LogFaultException(before, $"Checkpoint {number} states entry {checkpoint.Seq}, but the log ends before it.");
            if ((await ReadAsync(checkpoint.Seq, cancellation)).Hash != checkpoint.EntryHash)
                throw new LogFaultException(checkpoint.Seq, $"The entry is not the one that checkpoint {number} states.");
            Checkpoints++;
            return RefOf(checkpoint, found.Payload);
        }

        private async Task<(LogRecord Record, string Hash)> ReadAsync(long seq, CancellationToken cancellation) =>
            await OrFaultAsync(seq, () => log.ReadAsync(vaultId, seq, Find, cancellation))
            ?? throw new LogFaultException(seq, "The entry is missing.");

        private PlatformKey? Find(uint keyId)
        {
            _keyIds.Add(keyId);
            return log.FindKey(keyId);
        }

        private static async Task<T> OrFaultAsync<T>(long seq, Func<Task<T>> read)
        {
            try
            {
                return await read();
            }
            catch (VaultException e)
            {
                throw new LogFaultException(seq, e.Message);
            }
        }
    }

    private PlatformKey? FindKey(uint keyId) => keyring.Find(keyId);

    private async IAsyncEnumerable<string> ListNamesAsync(
        string prefix,
        string? after,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await foreach (var blob in store.ListAllAsync(prefix, after, cancellation))
            yield return blob.Name;
    }

    /// <summary>What is wrong with a log, and where.</summary>
    private sealed class LogFaultException(long seq, string message) : Exception(message)
    {
        public long Seq => seq;
    }
}
