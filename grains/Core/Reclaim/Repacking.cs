using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Storage;

namespace RecoveryVault.Reclaim;

/// <summary>
/// Moves chunks into new packs: each is opened, compared with its name, and its payload sealed again under a fresh pack id; a full pack is
/// stored, read back and indexed. Holds one pack and one read. Not safe for concurrent use.
/// </summary>
internal sealed class Repacking(IBlobStore store, ItemSecrets secrets, ItemIndex index, SealGate gate, ReclaimCounters counters)
    : IDisposable
{
    private readonly PackReader _packs = new(store, secrets);
    private SealedObjectWriter? _open;

    /// <summary>Length of the packs stored, in bytes.</summary>
    public long BytesStored { get; private set; }

    /// <summary>Moves chunks of one pack; false when some do not open: then the pack is marked as damaged, and the rest is moved.</summary>
    public async Task<bool> MoveAsync(IReadOnlyList<ChunkPlace> places, CancellationToken cancellation)
    {
        var isWhole = true;
        for (var from = 0; from < places.Count; )
        {
            var to = from + 1;
            while (to < places.Count && ReadBatch.Continues(places[from].Frame, places[to - 1].Frame, places[to].Frame))
                to++;
            isWhole &= await MoveAsync(places[from].Pack, [.. places.Skip(from).Take(to - from).Select(p => p.Frame)], cancellation);
            from = to;
        }
        counters.EndStep();
        return isWhole;
    }

    /// <summary>Stores what is left.</summary>
    public async Task FinishAsync(CancellationToken cancellation)
    {
        if (_open is not null)
            await CloseAsync(cancellation);
    }

    public void Dispose()
    {
        if (_open is null)
            return;
        _open.Dispose();
        _open = null;
        gate.LeavePack();
    }

    /// <summary>Moves frames that lie side by side.</summary>
    private async Task<bool> MoveAsync(IndexedPack pack, IReadOnlyList<FrameEntry> frames, CancellationToken cancellation)
    {
        var name = ItemBlobs.Pack(secrets.Item.ItemId, pack.PackId.ToString());
        var start = frames[0].Offset;
        using var buffer = ChunkBuffers.Shared.Rent((int)(frames[^1].Offset + frames[^1].SealedLength - start));
        var count = await ReadAsync(name, start, buffer.Memory, cancellation);
        if (secrets.Permit is { } permit)
            await permit.RequireAsync();
        using var reader = secrets.OpenPack(pack);
        var isWhole = true;
        foreach (var frame in frames)
        {
            var at = (int)(frame.Offset - start);
            var isThere = at + frame.SealedLength <= count;
            if (isThere && await TryMoveAsync(reader, frame, buffer.Memory.Slice(at, frame.SealedLength), cancellation))
                continue;
            await _packs.DiagnoseAsync(pack.PackId, name, cancellation);
            isWhole = false;
        }
        counters.Add(frames.Sum(f => (long)f.SealedLength));
        return isWhole;
    }

    private async Task<int> ReadAsync(string name, long offset, Memory<byte> bytes, CancellationToken cancellation)
    {
        try
        {
            return await store.ReadAsync(name, offset, bytes, cancellation) ?? 0;
        }
        catch (BlobStoreException e) when (e.Error == BlobError.Damaged)
        {
            return 0;
        }
    }

    private async Task<bool> TryMoveAsync(
        SealedObjectReader reader,
        FrameEntry frame,
        ReadOnlyMemory<byte> sealedFrame,
        CancellationToken cancellation
    )
    {
        using var payload = ChunkBuffers.Shared.Rent(reader.PayloadLength(frame));
        var bytes = payload.Memory[..reader.PayloadLength(frame)];
        try
        {
            reader.OpenPayload(frame, sealedFrame.Span, bytes.Span);
            if (!IsChunk(frame, bytes.Span))
                return false;
        }
        catch (FormatFaultException)
        {
            return false;
        }
        if (_open is null)
        {
            await gate.EnterPackAsync(cancellation);
            _open = secrets.NewObject(ObjectType.Pack);
        }
        _open.Add(frame.ChunkId, frame.PlaintextLength, frame.Codec, bytes.Span);
        if (_open.Length >= PackPipeline.PackLength)
            await CloseAsync(cancellation);
        return true;
    }

    /// <summary>What is sealed again is what its name says, or the one good copy could be replaced by a bad one.</summary>
    private bool IsChunk(in FrameEntry frame, ReadOnlySpan<byte> payload)
    {
        if (frame.Codec == PayloadCodec.Raw)
            return secrets.Keys.ChunkIdOf(Digest.Of(payload)) == frame.ChunkId;
        using var plaintext = ChunkBuffers.Shared.Rent(frame.PlaintextLength);
        var content = plaintext.Memory.Span[..frame.PlaintextLength];
        PayloadCompression.Expand(payload, content);
        return secrets.Keys.ChunkIdOf(Digest.Of(content)) == frame.ChunkId;
    }

    private async Task CloseAsync(CancellationToken cancellation)
    {
        var pack = _open ?? throw new InvalidOperationException("No pack is open.");
        var header = pack.Header;
        var content = pack.Finish();
        await SealedObjects.StoreAsync(store, ItemBlobs.Pack(secrets.Item.ItemId, header.ObjectId.ToString()), content, cancellation);
        index.Add(new IndexedPack(header.ObjectId, header.DekEpoch, header.Suite, header.PlatformKeyId), content.Length, pack.Entries);
        BytesStored += content.Length;
        Dispose();
    }
}
