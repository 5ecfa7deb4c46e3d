using System.Buffers;
using System.Collections.Concurrent;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Storage;

namespace RecoveryVault.DataPath;

/// <summary>
/// Reads and opens chunks of packs. Damage becomes a chunk's error code, in the order of FORMAT.md section 7, and the pack is marked in the
/// store, so that the next backup stores its chunks again.
/// </summary>
internal sealed class PackReader(IBlobStore store, ItemSecrets secrets)
{
    private readonly ConcurrentDictionary<ObjectId, Lazy<Task<string>>> _damaged = new();

    public async Task<IReadOnlyList<ChunkContent>> ReadAsync(PackRead read, CancellationToken cancellation)
    {
        var name = ItemBlobs.Pack(secrets.Item.ItemId, read.Pack.PackId.ToString());
        using var buffer = ChunkBuffers.Shared.Rent(read.Length);
        var bytes = buffer.Memory[..read.Length];
        List<ChunkContent> contents = [];
        try
        {
            var (count, fault) = await ReadAsync(name, read.Start, bytes, cancellation);
            // Reading may have taken any time.
            if (secrets.Permit is { } permit)
                await permit.RequireAsync();
            var (started, opened) = (SealMeter.Start(), 0L);
            using var reader = secrets.OpenPack(read.Pack);
            foreach (var (chunk, frame) in read.Wanted)
            {
                var start = (int)(frame.Offset - read.Start);
                var isWhole = fault is null && start + frame.SealedLength <= count;
                if (isWhole && TryOpen(reader, chunk, frame, bytes.Span.Slice(start, frame.SealedLength)) is { } content)
                {
                    contents.Add(content);
                    opened += chunk.Length;
                    continue;
                }
                var code = fault ?? await DiagnoseAsync(read.Pack.PackId, name, cancellation);
                contents.Add(new ChunkContent(chunk, null, code));
                SealMeter.Fault(code);
            }
            SealMeter.OpenedChunks(opened, SealMeter.Since(started));
            return contents;
        }
        catch (Exception e)
        {
            foreach (var content in contents)
                content.Dispose();
            throw e is BlobStoreException failure ? StoreRefusals.ToVaultException(failure) : e;
        }
    }

    private async Task<(int Count, string? Fault)> ReadAsync(string name, long offset, Memory<byte> bytes, CancellationToken cancellation)
    {
        try
        {
            return await store.ReadAsync(name, offset, bytes, cancellation) is { } count ? (count, null) : (0, ErrorCodes.DataMissing);
        }
        catch (BlobStoreException e) when (e.Error == BlobError.Damaged)
        {
            return (0, await MarkAsync(name, ErrorCodes.DataBitRot, cancellation));
        }
    }

    /// <summary>The content; null when it does not open. A byte of it is handed on only when all of it is authentic.</summary>
    private static ChunkContent? TryOpen(SealedObjectReader reader, ChunkRef chunk, FrameEntry frame, ReadOnlySpan<byte> sealedFrame)
    {
        var plaintext = ChunkBuffers.Shared.Rent(chunk.Length);
        var content = plaintext.Memory.Span[..chunk.Length];
        try
        {
            reader.OpenFrame(frame, sealedFrame, content);
            if (Digest.Of(content) == chunk.Digest)
                return new ChunkContent(chunk, plaintext);
        }
        catch (FormatFaultException)
        {
            // What it is, the whole pack tells.
        }
        content.Clear();
        plaintext.Dispose();
        return null;
    }

    /// <summary>
    /// Why a frame did not open: it was tampered with, unless the pack's checksum says that its medium lost bits. Marks the pack.
    /// </summary>
    internal Task<string> DiagnoseAsync(ObjectId packId, string name, CancellationToken cancellation) =>
        // Once for each pack, not for each of its chunks: it takes the whole pack. A cancelled one is of no use to the next caller.
        _damaged
            .AddOrUpdate(packId, _ => New(name, cancellation), (_, known) => known.Value.IsCanceled ? New(name, cancellation) : known)
            .Value;

    private Lazy<Task<string>> New(string name, CancellationToken cancellation) => new(() => DiagnoseAsync(name, cancellation));

    private async Task<string> DiagnoseAsync(string name, CancellationToken cancellation)
    {
        var code = ErrorCodes.DataTampered;
        try
        {
            if (await store.GetAsync(name, cancellation) is not { } blob)
                return ErrorCodes.DataMissing;
            ObjectTrailer.Verify(new ReadOnlySequence<byte>(blob.Content));
        }
        catch (Exception e) when (e is FormatFaultException or BlobStoreException { Error: BlobError.Damaged })
        {
            code = ErrorCodes.DataBitRot;
        }
        return await MarkAsync(name, code, cancellation);
    }

    private async Task<string> MarkAsync(string name, string code, CancellationToken cancellation)
    {
        var mark = $"{ItemBlobs.DamagedPacks(secrets.Item.ItemId)}/{name[(name.LastIndexOf('/') + 1)..]}";
        try
        {
            await store.PutAsync(mark, ReadOnlySequence<byte>.Empty, PutCondition.Always, cancellation);
        }
        catch (BlobStoreException)
        {
            // A restore needs no room in the store. Without the mark the next backup heals nothing, and the next restore tells again.
        }
        return code;
    }
}
