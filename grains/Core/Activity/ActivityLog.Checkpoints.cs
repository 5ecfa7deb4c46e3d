using System.Buffers;
using System.Globalization;
using System.Text.Json;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Activity;

public sealed partial class ActivityLog
{
    /// <summary>
    /// States the log's newest entry and returns the head that names the checkpoint. A place that is taken was taken by another activation,
    /// or by this one, whose answer was lost: its checkpoint is followed.
    /// </summary>
    public async Task<LogHead> WriteCheckpointAsync(
        VaultId vaultId,
        LogHead head,
        DateTimeOffset now,
        CancellationToken cancellation = default
    )
    {
        while (true)
        {
            var checkpoint = new LogCheckpoint
            {
                VaultId = vaultId,
                Number = (head.Checkpoint?.Number ?? 0) + 1,
                PrevHash = head.Checkpoint?.Hash ?? Genesis,
                Seq = head.Seq,
                EntryHash = head.Hash,
                Time = now,
            };
            head = head with { Checkpoint = await PutAsync(checkpoint, cancellation) };
            if (head.Checkpoint.Seq >= head.Seq)
                return head;
        }
    }

    /// <summary>
    /// The same head with the newest checkpoint there is. The newest entry names the one known before it: where each process writes one
    /// entry and ends, none would ever name a later one, and each next checkpoint would be looked for behind more of them.
    /// </summary>
    private async Task<LogHead> WithNewestCheckpointAsync(VaultId vaultId, LogHead head, CancellationToken cancellation)
    {
        var last = head.Checkpoint is { } named ? CheckpointBlob(vaultId, named.Number) : null;
        long? newest = null;
        await foreach (var blob in store.ListAllAsync(Checkpoints(vaultId), last, cancellation))
            if (
                long.TryParse(
                    blob.Name.AsSpan(Checkpoints(vaultId).Length),
                    NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture,
                    out var number
                )
            )
                newest = number;
        if (newest is not { } found || await FindNewerAsync(vaultId, found, cancellation) is not { } checkpoint)
            return head;
        return head with { Checkpoint = checkpoint };
    }

    /// <summary>Null for one that is not sound: that verification tells, and appending goes on from what entries name.</summary>
    private async Task<CheckpointRef?> FindNewerAsync(VaultId vaultId, long number, CancellationToken cancellation)
    {
        try
        {
            return await FindCheckpointAsync(vaultId, number, keyring.Find, cancellation) is { } there
                ? RefOf(there.Checkpoint, there.Payload)
                : null;
        }
        catch (VaultException)
        {
            return null;
        }
    }

    /// <summary>The checkpoint that then stands in that place: this one or another's.</summary>
    private async Task<CheckpointRef> PutAsync(LogCheckpoint checkpoint, CancellationToken cancellation)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(checkpoint, RecordJson.Default.LogCheckpoint);
        var content = new ReadOnlySequence<byte>(RecordEnvelope.Seal(RecordType.LogCheckpoint, keyring.Current, payload));
        try
        {
            await store.PutAsync(CheckpointBlob(checkpoint.VaultId, checkpoint.Number), content, PutCondition.IfAbsent, cancellation);
            return RefOf(checkpoint, payload);
        }
        catch (BlobStoreException e) when (e.Error is BlobError.PreconditionFailed or BlobError.Unavailable)
        {
            if (await FindCheckpointAsync(checkpoint.VaultId, checkpoint.Number, keyring.Find, cancellation) is { } there)
                return RefOf(there.Checkpoint, there.Payload);
            throw;
        }
    }

    /// <summary>Reads one checkpoint and checks that it is authentic and in its place; null when there is none.</summary>
    /// <exception cref="VaultException">RecordTampered, DataBitRot, DataTooNew, WrongPlatformKey.</exception>
    private async Task<(LogCheckpoint Checkpoint, byte[] Payload)?> FindCheckpointAsync(
        VaultId vaultId,
        long number,
        Func<uint, PlatformKey?> find,
        CancellationToken cancellation
    )
    {
        var (name, json) = (CheckpointBlob(vaultId, number), RecordJson.Default.LogCheckpoint);
        if (await FindAsync(name, RecordType.LogCheckpoint, json, $"Checkpoint {number}", find, cancellation) is not { } found)
            return null;
        var checkpoint = found.Value;
        return checkpoint.VaultId == vaultId && checkpoint.Number == number
            ? (checkpoint, found.Payload)
            : throw new VaultException(
                ErrorCodes.RecordTampered,
                $"Checkpoint {number} belongs to another place: it is {PlaceOf(checkpoint.VaultId == vaultId, checkpoint.Number)}."
            );
    }

    private static string PlaceOf(bool isOurs, long? number) => isOurs ? $"number {number}" : "that of another vault";

    private static CheckpointRef RefOf(LogCheckpoint checkpoint, byte[] payload) =>
        new(checkpoint.Number, Hash(payload), checkpoint.Seq, checkpoint.Time);

    private static string Checkpoints(VaultId vaultId) => $"checkpoints/{vaultId}/";

    private static string CheckpointBlob(VaultId vaultId, long number) => Checkpoints(vaultId) + AuthenticatedRecords.Sequence(number);
}
