using System.Buffers;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Storage;

namespace RecoveryVault.DataPath;

/// <summary>
/// The silo's side of one backup: answers which chunks are new, seals and stores those that come, and indexes what is stored at least once
/// a minute, so that the next session finds what this one leaves behind. The first failure to store ends it: every later call reports it.
/// </summary>
public sealed class BackupSession : IBackupChannel, IAsyncDisposable
{
    /// <summary>How much a crash can make the next session look up in packs' footers instead of index runs.</summary>
    private static readonly TimeSpan CheckpointPeriod = TimeSpan.FromSeconds(60);

    /// <summary>Stands for the time of the last checkpoint while one is being written: there is never a second beside it.</summary>
    private const long Checkpointing = long.MinValue;

    private readonly IBlobStore _store;
    private readonly ItemSecrets _secrets;
    private readonly ItemIndex _index;
    private readonly TimeProvider _time;
    private readonly PackPipeline _packs;
    private readonly SessionUses _uses = new();
    private long _checkpointAt;
    private long _lastUsedAt;

    private BackupSession(IBlobStore store, ItemSecrets secrets, ItemIndex index, SealGate gate, TimeProvider time)
    {
        (_store, _secrets, _index, _time) = (store, secrets, index, time);
        Chunker = new ChunkerSettings(256 << 10, 1 << 20, ChunkRef.MaxLength, secrets.Keys.ChunkerSeed.Memory);
        KeyCommitment = Convert.ToHexStringLower(secrets.Newest.Commit());
        _packs = new PackPipeline(store, secrets, index, gate);
        _checkpointAt = _lastUsedAt = time.GetTimestamp();
    }

    /// <summary>Opens a session; takes over the secrets.</summary>
    public static async Task<BackupSession> OpenAsync(
        IBlobStore store,
        ItemSecrets secrets,
        SealGate gate,
        TimeProvider time,
        IEnumerable<ObjectId>? condemned = null,
        CancellationToken cancellation = default
    )
    {
        try
        {
            return new BackupSession(store, secrets, await ItemIndex.LoadAsync(store, secrets, condemned, cancellation), gate, time);
        }
        catch
        {
            secrets.Dispose();
            throw;
        }
    }

    public ChunkerSettings Chunker { get; }

    /// <summary>What the item has stored, as the backup goes on.</summary>
    internal ItemIndex Index => _index;

    /// <summary>Timestamp of the last call, to find sessions whose client is gone.</summary>
    public long LastUsedAt => Interlocked.Read(ref _lastUsedAt);

    /// <summary>Plaintext bytes of new chunks.</summary>
    public long BytesNew => _packs.BytesNew;

    /// <summary>Bytes written to the store as packs.</summary>
    public long BytesStored => _packs.BytesStored;

    public async ValueTask<bool[]> FindNewAsync(IReadOnlyList<ChunkRef> chunks, CancellationToken cancellation)
    {
        using var use = await EnterAsync();
        if (chunks.Count > IBackupChannel.MaxQuery)
            throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"A query names at most {IBackupChannel.MaxQuery} chunks, got {chunks.Count}."
            );
        var isNew = new bool[chunks.Count];
        for (var i = 0; i < isNew.Length; i++)
            isNew[i] = !chunks[i].IsZero && _index.IsNew(_secrets.Keys.ChunkIdOf(chunks[i].Digest));
        return isNew;
    }

    public async ValueTask PutAsync(ChunkRef chunk, IMemoryOwner<byte> plaintext, CancellationToken cancellation)
    {
        var isHandedOn = false;
        try
        {
            using var use = await EnterAsync();
            if (chunk.IsZero || chunk.Length is < 1 or > ChunkRef.MaxLength || chunk.Length > plaintext.Memory.Length)
                throw new VaultException(
                    ErrorCodes.InvalidRequest,
                    $"A chunk to be stored has 1 to {ChunkRef.MaxLength} bytes, got {chunk.Length}."
                );
            var chunkId = _secrets.Keys.ChunkIdOf(chunk.Digest);
            if (_index.TryTake(chunkId))
            {
                isHandedOn = true;
                await AddAsync(chunkId, chunk.Length, plaintext, cancellation);
            }
            await CheckpointIfDueAsync(cancellation);
        }
        finally
        {
            if (!isHandedOn)
                plaintext.Dispose();
        }
    }

    public async Task FlushAsync(CancellationToken cancellation)
    {
        using var use = await EnterAsync();
        await _packs.FlushAsync(cancellation);
    }

    /// <summary>Everything put so far is stored and indexed, and the index reads back.</summary>
    public async Task FinishAsync(CancellationToken cancellation = default)
    {
        using var use = await EnterAsync();
        await _packs.FlushAsync(cancellation);
        await _index.SaveAsync(cancellation);
    }

    /// <summary>True when the chunk is stored; a catalogue's root must be.</summary>
    public bool IsStored(ChunkRef chunk)
    {
        using var use = Enter();
        return _index.IsStored(_secrets.Keys.ChunkIdOf(chunk.Digest));
    }

    /// <summary>The commitment (hex) of the data key that seals what this session stores.</summary>
    public string KeyCommitment { get; }

    /// <summary>Seals and stores the manifest and returns its name and head hash.</summary>
    public async Task<(string Name, HeadHash HeadHash)> WriteManifestAsync(Manifest manifest, CancellationToken cancellation = default)
    {
        using var use = await EnterAsync();
        var body = manifest.Encode();
        var name = await SealedObjects.WriteAsync(
            _store,
            ObjectType.Manifest,
            _secrets,
            body,
            objectId => ItemBlobs.Manifest(_secrets.Item.ItemId, manifest.Seq, objectId.ToString()),
            cancellation
        );
        return (name, _secrets.Keys.HeadHashOf(body));
    }

    /// <summary>Ends the session; what it stored is indexed as far as possible.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_uses.TryEnd())
            return;
        try
        {
            await _packs.DisposeAsync();
            await _uses.WaitAsync();
            await SaveLeftoversAsync();
        }
        finally
        {
            _index.Dispose();
            _secrets.Dispose();
        }
    }

    private async Task AddAsync(ChunkId chunkId, int length, IMemoryOwner<byte> plaintext, CancellationToken cancellation)
    {
        try
        {
            await _packs.AddAsync(chunkId, length, plaintext, cancellation);
        }
        catch
        {
            // Cancelled on its way: if the client sends it again, it is as new as it was.
            _index.Release(chunkId);
            throw;
        }
    }

    private async Task SaveLeftoversAsync()
    {
        try
        {
            _secrets.Permit?.Require();
            await _index.SaveAsync();
        }
        catch (Exception e) when (StoreRefusals.Find(e) is not null || e is VaultException)
        {
            // The packs are there; the next session finds their chunks in their footers.
        }
    }

    private async Task CheckpointIfDueAsync(CancellationToken cancellation)
    {
        var last = Volatile.Read(ref _checkpointAt);
        if (last == Checkpointing || _time.GetElapsedTime(last) < CheckpointPeriod)
            return;
        if (Interlocked.CompareExchange(ref _checkpointAt, Checkpointing, last) != last)
            return;
        try
        {
            await _index.SaveAsync(cancellation);
        }
        catch (BlobStoreException e)
        {
            throw StoreRefusals.ToVaultException(e);
        }
        finally
        {
            Volatile.Write(ref _checkpointAt, _time.GetTimestamp());
        }
    }

    private async ValueTask<SessionUses.Use> EnterAsync()
    {
        if (_secrets.Permit is { } permit)
            await permit.RequireAsync();
        return Enter();
    }

    private SessionUses.Use Enter()
    {
        _secrets.Permit?.Require();
        var use = _uses.Enter();
        Interlocked.Exchange(ref _lastUsedAt, _time.GetTimestamp());
        if (_packs.Failure is null)
            return use;
        use.Dispose();
        throw _packs.Ended();
    }
}
