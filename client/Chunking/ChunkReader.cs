using System.Buffers;
using RecoveryVault.DataPath;

namespace RecoveryVault.Chunking;

/// <summary>
/// Cuts one stream into chunks, in order. Content is read straight into the buffers handed over; only what was read beyond a cut is copied
/// (on average half a read, see <see cref="Chunker.Cut"/>). Not safe for concurrent use.
/// </summary>
public sealed class ChunkReader : IDisposable
{
    private readonly Chunker _chunker;
    private readonly Stream _content;
    private readonly int _readBytes;
    private long _expected;
    private IMemoryOwner<byte>? _buffer;
    private int _filled;
    private bool _ended;

    internal ChunkReader(Chunker chunker, Stream content, long? lengthHint)
    {
        (_chunker, _content) = (chunker, content);
        _expected = lengthHint ?? long.MaxValue;
        // Read little at a time beyond a chunk's least length: what lies behind the cut is copied to the next buffer.
        _readBytes = Math.Max(chunker.TargetLength / 8, Chunker.Window);
    }

    /// <summary>
    /// The next chunk, which the caller disposes; null at the end. Fails as the stream fails; it cannot be used after that.
    /// </summary>
    public async ValueTask<Chunk?> NextAsync(CancellationToken cancellation = default)
    {
        var position = default(ScanPosition);
        _buffer ??= Rent(0);
        while (true)
        {
            var end = _chunker.FindEnd(_buffer.Memory.Span[.._filled], ref position);
            if (end > 0)
                return Take(_buffer, end);
            if (_ended)
                return _filled > 0 ? Take(_buffer, _filled) : null;
            if (_filled == _buffer.Memory.Length)
                _buffer = Grow(_buffer);
            var wanted = Math.Max(_chunker.MinLength - _filled, 0) + _readBytes;
            var room = _buffer.Memory[_filled..Math.Min(_buffer.Memory.Length, _filled + wanted)];
            var read = await _content.ReadAsync(room, cancellation);
            _ended = read == 0;
            _filled += read;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _buffer?.Dispose();
        _buffer = null;
    }

    /// <summary>
    /// Few chunks are longer than twice the target (one in 60 with the usual settings): they move to a longer buffer once.
    /// </summary>
    private IMemoryOwner<byte> Rent(int carried)
    {
        var usual = Math.Min(_chunker.TargetLength * 2L, _chunker.MaxLength);
        // One byte more than expected, so that the end is seen without a longer buffer.
        var length = Math.Min(usual - 1, Math.Max(_expected, carried)) + 1;
        return ChunkBuffers.Shared.Rent((int)Math.Max(length, carried));
    }

    private IMemoryOwner<byte> Grow(IMemoryOwner<byte> full)
    {
        var longer = ChunkBuffers.Shared.Rent(Math.Min(_chunker.MaxLength, full.Memory.Length * 2));
        full.Memory.Span.CopyTo(longer.Memory.Span);
        full.Dispose();
        return longer;
    }

    private Chunk Take(IMemoryOwner<byte> full, int length)
    {
        var carried = full.Memory.Span[length.._filled];
        _expected = Math.Max(_expected - length, carried.Length);
        _buffer = null;
        if (!(_ended && carried.IsEmpty))
        {
            _buffer = Rent(carried.Length);
            carried.CopyTo(_buffer.Memory.Span);
        }
        _filled = carried.Length;
        return new(full, length);
    }
}
