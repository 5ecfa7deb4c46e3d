using System.Buffers;
using System.Runtime.CompilerServices;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.DataPath;

/// <summary>
/// The silo's side of one restore: finds chunks, reads neighbours of one pack with one ranged read, several reads
/// ahead, opens them and checks their digests.
/// </summary>
public sealed class RestoreSession : IRestoreChannel, IAsyncDisposable
{
    /// <summary>One ranged read fetches at most this, in bytes.</summary>
    private const int MaxRange = 8 << 20;

    /// <summary>Bytes between two wanted frames that are read along rather than with a read of their own.</summary>
    private const int MaxGap = 64 << 10;

    private const int RangesInFlight = 4;

    private readonly IBlobStore _store;
    private readonly ItemSecrets _secrets;
    private readonly ItemIndex _index;
    private readonly TimeProvider _time;

    private RestoreSession(IBlobStore store, ItemSecrets secrets, ItemIndex index, TimeProvider time)
    {
        (_store, _secrets, _index, _time) = (store, secrets, index, time);
        LastUsedAt = time.GetTimestamp();
    }

    /// <summary>Timestamp of the last call, to find sessions whose client is gone.</summary>
    public long LastUsedAt { get; private set; }

    /// <summary>Opens a session; takes over the secrets.</summary>
    public static async Task<RestoreSession> OpenAsync(
        IBlobStore store,
        ItemSecrets secrets,
        TimeProvider time,
        CancellationToken cancellation = default
    )
    {
        try
        {
            return new RestoreSession(store, secrets, await ItemIndex.LoadAsync(store, secrets, adopt: false, cancellation), time);
        }
        catch
        {
            secrets.Dispose();
            throw;
        }
    }

    /// <summary>Reads a manifest and checks that it is the one the head names.</summary>
    /// <exception cref="VaultException">DataMissing, DataBitRot, DataTampered, WrongKey, DataTooNew.</exception>
    public async Task<Manifest> ReadManifestAsync(string name, string headHash, CancellationToken cancellation = default)
    {
        var body =
            await SealedObjects.FindAsync(_store, name, ObjectType.Manifest, _secrets, Manifest.MaxLength, cancellation)
            ?? throw new VaultException(ErrorCodes.DataMissing, $"The manifest '{name}' is missing.");
        if (_secrets.Keys.HeadHashOf(body).ToString() != headHash)
            throw new VaultException(
                ErrorCodes.DataTampered,
                $"The manifest '{name}' is authentic but not the one of this recovery point."
            );
        try
        {
            return Manifest.Decode(body);
        }
        catch (FormatFaultException fault)
        {
            throw FormatRefusals.ToVaultException(fault, $"The manifest '{name}'");
        }
    }

    public ValueTask<string?[]> CheckAsync(IReadOnlyList<ChunkRef> chunks, CancellationToken cancellation)
    {
        Enter(chunks.Count);
        var codes = new string?[chunks.Count];
        for (var i = 0; i < codes.Length; i++)
            codes[i] = chunks[i].IsZero || TryFind(chunks[i], out _) ? null : ErrorCodes.DataMissing;
        return ValueTask.FromResult(codes);
    }

    public async IAsyncEnumerable<ChunkContent> ReadAsync(
        IReadOnlyList<ChunkRef> chunks,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        Enter(chunks.Count);
        if (chunks.Sum(c => (long)c.Length) > IRestoreChannel.MaxBatchBytes)
            throw new VaultException(ErrorCodes.InvalidRequest, $"One read asks for at most {IRestoreChannel.MaxBatchBytes} bytes.");
        using var ranges = Plan(chunks).GetEnumerator();
        var inFlight = new Queue<Task<ChunkContent[]>>();
        try
        {
            while (true)
            {
                while (inFlight.Count < RangesInFlight && ranges.MoveNext())
                {
                    var range = ranges.Current;
                    inFlight.Enqueue(Task.Run(() => ReadRangeAsync(range, cancellation), cancellation));
                }
                if (!inFlight.TryPeek(out var next))
                    yield break;
                var contents = await next;
                _ = inFlight.Dequeue();
                foreach (var content in contents)
                    yield return content;
            }
        }
        finally
        {
            while (inFlight.TryDequeue(out var unread))
                await ReleaseAsync(unread);
        }
    }

    public ValueTask DisposeAsync()
    {
        _secrets.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Enter(int chunks)
    {
        LastUsedAt = _time.GetTimestamp();
        if (chunks > IBackupChannel.MaxQuery)
            throw new VaultException(ErrorCodes.InvalidRequest, $"A call names at most {IBackupChannel.MaxQuery} chunks, got {chunks}.");
    }

    /// <summary>Wanted chunks that lie close together in one pack, in the order asked for; without a place: zeros, or missing.</summary>
    private sealed record ReadRange(List<(ChunkRef Chunk, FrameEntry Frame)> Wanted, IndexedPack? Pack)
    {
        public long Start => Wanted[0].Frame.Offset;

        public long End => Wanted[^1].Frame.Offset + Wanted[^1].Frame.SealedLength;
    }

    private IEnumerable<ReadRange> Plan(IReadOnlyList<ChunkRef> chunks)
    {
        ReadRange? current = null;
        foreach (var chunk in chunks)
        {
            var isStored = TryFind(chunk, out var place);
            if (current is not null && isStored && Continues(current, place))
            {
                current.Wanted.Add((chunk, place.Frame));
                continue;
            }
            if (current is not null)
                yield return current;
            current = new ReadRange([(chunk, place.Frame)], isStored ? place.Pack : null);
        }
        if (current is not null)
            yield return current;
    }

    private static bool Continues(ReadRange range, ChunkPlace place) =>
        range.Pack == place.Pack
        && place.Frame.Offset >= range.End
        && place.Frame.Offset - range.End <= MaxGap
        && place.Frame.Offset + place.Frame.SealedLength - range.Start <= MaxRange;

    private bool TryFind(ChunkRef chunk, out ChunkPlace place)
    {
        place = default;
        return !chunk.IsZero
            && _index.TryFind(_secrets.Keys.ChunkIdOf(chunk.Digest), out place)
            && place.Frame.PlaintextLength == chunk.Length
            && _index.PackLength(place.Pack.PackId) is { } length
            && place.Frame.Offset + place.Frame.SealedLength <= length;
    }

    private async Task<ChunkContent[]> ReadRangeAsync(ReadRange range, CancellationToken cancellation)
    {
        if (range.Pack is not { } pack)
            return [.. range.Wanted.Select(w => w.Chunk.IsZero ? Zeros(w.Chunk) : new ChunkContent(w.Chunk, null, ErrorCodes.DataMissing))];
        var name = $"{ItemBlobs.Packs(_secrets.Item.ItemId)}/{pack.PackId}";
        using var buffer = MemoryPool<byte>.Shared.Rent((int)(range.End - range.Start));
        var bytes = buffer.Memory[..(int)(range.End - range.Start)];
        var read = await _store.ReadAsync(name, range.Start, bytes, cancellation);
        var contents = new List<ChunkContent>();
        using var reader = SealedObjectReader.ForPack(pack, _secrets.Find(pack.DekEpoch));
        foreach (var (chunk, frame) in range.Wanted)
        {
            var start = (int)(frame.Offset - range.Start);
            var fault =
                read is null ? ErrorCodes.DataMissing
                : read < start + frame.SealedLength ? ErrorCodes.DataBitRot
                : null;
            contents.Add(
                fault is null
                    ? await OpenAsync(reader, chunk, frame, bytes.Slice(start, frame.SealedLength), name, cancellation)
                    : new ChunkContent(chunk, null, fault)
            );
        }
        return [.. contents];
    }

    private async Task<ChunkContent> OpenAsync(
        SealedObjectReader reader,
        ChunkRef chunk,
        FrameEntry frame,
        ReadOnlyMemory<byte> sealedFrame,
        string name,
        CancellationToken cancellation
    )
    {
        var plaintext = MemoryPool<byte>.Shared.Rent(chunk.Length);
        try
        {
            reader.OpenFrame(frame, sealedFrame.Span, plaintext.Memory.Span[..chunk.Length]);
            if (Digest.Of(plaintext.Memory.Span[..chunk.Length]) != chunk.Digest)
                throw new FormatFaultException(FormatFault.Tampered, "The chunk's digest differs.");
            return new ChunkContent(chunk, plaintext);
        }
        catch (FormatFaultException fault)
        {
            plaintext.Dispose();
            return new ChunkContent(chunk, null, await DiagnoseAsync(fault, name, cancellation));
        }
    }

    /// <summary>A frame that does not open was tampered with, unless the whole object's checksum says that its medium lost bits.</summary>
    private async Task<string> DiagnoseAsync(FormatFaultException fault, string name, CancellationToken cancellation)
    {
        if (fault.Fault != FormatFault.Tampered || await _store.GetAsync(name, cancellation) is not { } blob)
            return FormatRefusals.CodeOf(fault.Fault);
        try
        {
            ObjectTrailer.Verify(new ReadOnlySequence<byte>(blob.Content));
            return ErrorCodes.DataTampered;
        }
        catch (FormatFaultException)
        {
            return ErrorCodes.DataBitRot;
        }
    }

    private static ChunkContent Zeros(ChunkRef chunk)
    {
        var zeros = MemoryPool<byte>.Shared.Rent(chunk.Length);
        zeros.Memory.Span[..chunk.Length].Clear();
        return new ChunkContent(chunk, zeros);
    }

    private static async Task ReleaseAsync(Task<ChunkContent[]> unread)
    {
        await ((Task)unread).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!unread.IsCompletedSuccessfully)
            return;
        foreach (var content in await unread)
            content.Dispose();
    }
}
