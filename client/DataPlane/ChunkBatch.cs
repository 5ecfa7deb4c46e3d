using System.Buffers;
using System.Net;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath.Wire;

namespace RecoveryVault.DataPlane;

/// <summary>Chunks that go out in one request. Keeps their buffers until that is answered, since it may have to be repeated.</summary>
internal sealed class ChunkBatch
{
    /// <summary>A batch goes out when it has so much plaintext, in bytes.</summary>
    private const int FullBytes = 4 << 20;

    private const int FullCount = 1024;

    private readonly List<(ChunkRef Chunk, IMemoryOwner<byte> Plaintext)> _chunks = [];
    private int _bytes;

    public bool IsEmpty => _chunks.Count == 0;

    public bool IsFull => _bytes >= FullBytes || _chunks.Count >= FullCount;

    public void Add(ChunkRef chunk, IMemoryOwner<byte> plaintext)
    {
        _chunks.Add((chunk, plaintext));
        _bytes += chunk.Length;
    }

    /// <summary>The batch as a body; may be made again as long as the batch lives.</summary>
    public HttpContent ToBody() => new Body(this);

    /// <summary>Gives the buffers back.</summary>
    public void Release()
    {
        foreach (var (_, plaintext) in _chunks)
            plaintext.Dispose();
        _chunks.Clear();
    }

    private async Task WriteAsync(Stream stream, CancellationToken cancellation)
    {
        var header = new byte[ChunkFrame.HeaderLength];
        foreach (var (chunk, plaintext) in _chunks)
        {
            ChunkFrame.Content(chunk).WriteTo(header);
            await stream.WriteAsync(header, cancellation);
            await stream.WriteAsync(plaintext.Memory[..chunk.Length], cancellation);
        }
        ChunkFrame.End(_chunks.Count).WriteTo(header);
        await stream.WriteAsync(header, cancellation);
    }

    private sealed class Body(ChunkBatch batch) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => batch.WriteAsync(stream, default);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            batch.WriteAsync(stream, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = batch._bytes + ((batch._chunks.Count + 1L) * ChunkFrame.HeaderLength);
            return true;
        }
    }
}
