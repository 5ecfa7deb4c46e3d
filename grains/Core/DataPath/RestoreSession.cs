using System.Runtime.CompilerServices;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Storage;

namespace RecoveryVault.DataPath;

/// <summary>
/// The silo's side of one restore: finds chunks, reads neighbours of one pack with one ranged read, several reads ahead, opens them and
/// checks their digests. A pack that is gone may have been written anew by a reclaim meanwhile: then the index is loaded again.
/// </summary>
public sealed partial class RestoreSession : IRestoreChannel, IAsyncDisposable
{
    private const int ReadsInFlight = 4;

    private readonly IBlobStore _store;
    private readonly ItemSecrets _secrets;
    private volatile ItemIndex _index;
    private readonly TimeProvider _time;
    private readonly PackReader _packs;
    private readonly SessionUses _uses = new();
    private bool _ownsIndex;
    private long _lastUsedAt;

    private RestoreSession(IBlobStore store, ItemSecrets secrets, ItemIndex index, bool ownsIndex, TimeProvider time)
    {
        (_store, _secrets, _index, _ownsIndex, _time) = (store, secrets, index, ownsIndex, time);
        _packs = new PackReader(store, secrets);
        _lastUsedAt = time.GetTimestamp();
    }

    /// <summary>Timestamp of the last call, to find sessions whose client is gone.</summary>
    public long LastUsedAt => Interlocked.Read(ref _lastUsedAt);

    /// <summary>Opens a session; takes over the secrets.</summary>
    public static async Task<RestoreSession> OpenAsync(
        IBlobStore store,
        ItemSecrets secrets,
        TimeProvider time,
        IEnumerable<ObjectId>? condemned = null,
        CancellationToken cancellation = default
    )
    {
        try
        {
            var index = await ItemIndex.LoadAsync(store, secrets, condemned, cancellation);
            return new RestoreSession(store, secrets, index, ownsIndex: true, time);
        }
        catch
        {
            secrets.Dispose();
            throw;
        }
    }

    /// <summary>Opens a session that looks chunks up in the index of the item's running backup; takes over the secrets.</summary>
    public static RestoreSession OpenBeside(BackupSession backup, IBlobStore store, ItemSecrets secrets, TimeProvider time) =>
        new(store, secrets, backup.Index, ownsIndex: false, time);

    /// <summary>Reads a manifest and checks that it is the one the head names.</summary>
    /// <exception cref="VaultException">DataMissing, DataBitRot, DataTampered, WrongKey, DataTooNew.</exception>
    public async Task<Manifest> ReadManifestAsync(string name, string headHash, CancellationToken cancellation = default)
    {
        using var use = await EnterAsync();
        return await Manifests.ReadAsync(_store, _secrets, name, headHash, cancellation);
    }

    /// <summary>
    /// Reads the manifest a head names and checks that it is that of this very recovery point: a head of the item's record could be given
    /// another's manifest together with its hash.
    /// </summary>
    /// <exception cref="VaultException">DataMissing, DataBitRot, DataTampered, RecordTampered, WrongKey, DataTooNew.</exception>
    public async Task<Manifest> ReadManifestAsync(RecoveryPointHead head, CancellationToken cancellation = default)
    {
        var manifest = await ReadManifestAsync(head.Manifest, head.HeadHash, cancellation);
        var isIts =
            (manifest.RecoveryPoint, manifest.Seq, manifest.OperationId) == (head.Name, head.Seq, head.OperationId.ToString())
            && manifest.Time == head.Time
            && manifest.PrevHash.ToString() == head.PrevHash;
        return isIts
            ? manifest
            : throw new VaultException(
                ErrorCodes.RecordTampered,
                $"The record of recovery point '{head.Name}' does not say what its manifest says, which is that of '{manifest.RecoveryPoint}'."
            );
    }

    public async ValueTask<string?[]> CheckAsync(IReadOnlyList<ChunkRef> chunks, CancellationToken cancellation)
    {
        using var use = await EnterAsync();
        if (chunks.Count > IBackupChannel.MaxQuery)
            throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"A query names at most {IBackupChannel.MaxQuery} chunks, got {chunks.Count}."
            );
        return [.. chunks.Select(c => c.IsZero ? null : Find(c).Fault)];
    }

    public async IAsyncEnumerable<ChunkContent> ReadAsync(
        IReadOnlyList<ChunkRef> chunks,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        using var batch = await PlanAsync(chunks);
        foreach (var chunk in chunks)
        {
            // Neighbours first needed together are read together, and a few reads are always ahead of the one being waited for.
            await batch.AdvanceAsync(chunk, read => Task.Run(() => ReadAsync(read, cancellation), cancellation));
            var content = batch.Take(chunk);
            yield return content.ErrorCode == ErrorCodes.DataMissing ? await FindMovedAsync(content, cancellation) : content;
        }
    }

    /// <summary>Ends the session when no call needs its keys any more.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_uses.TryEnd())
            return;
        await _uses.WaitAsync();
        if (_ownsIndex)
            _index.Dispose();
        _reloading.Dispose();
        _secrets.Dispose();
    }

    private async ValueTask<ReadBatch> PlanAsync(IReadOnlyList<ChunkRef> chunks)
    {
        using var use = await EnterAsync();
        if (chunks.Any(c => c.Length is < 1 or > ChunkRef.MaxLength) || chunks.Sum(c => (long)c.Length) > IRestoreChannel.MaxBatchBytes)
            throw new VaultException(ErrorCodes.InvalidRequest, $"One read asks for at most {IRestoreChannel.MaxBatchBytes} bytes.");
        return new ReadBatch(chunks, Find, ReadsInFlight);
    }

    private async Task<IReadOnlyList<ChunkContent>> ReadAsync(PackRead read, CancellationToken cancellation)
    {
        using var use = await EnterAsync();
        return await _packs.ReadAsync(read, cancellation);
    }

    private (ChunkPlace Place, string? Fault) Find(ChunkRef chunk)
    {
        var state = _index.Find(_secrets.Keys.ChunkIdOf(chunk.Digest), out var place);
        return state switch
        {
            ChunkState.Missing => (default, ErrorCodes.DataMissing),
            ChunkState.CutOff => (default, ErrorCodes.DataBitRot),
            // The digest is the chunk's name: one of another length is a catalogue's lie.
            _ when place.Frame.PlaintextLength != chunk.Length => (default, ErrorCodes.DataTampered),
            _ => (place, null),
        };
    }

    private async ValueTask<SessionUses.Use> EnterAsync()
    {
        if (_secrets.Permit is { } permit)
            await permit.RequireAsync();
        var use = _uses.Enter();
        Interlocked.Exchange(ref _lastUsedAt, _time.GetTimestamp());
        return use;
    }
}
