using System.Buffers;
using RecoveryVault.DataPath;

namespace RecoveryVault.Format;

/// <summary>
/// A growing sequence of pooled blocks in which every piece taken is contiguous: what is written in place is never copied again.
/// </summary>
internal sealed class BlockBuffer
{
    private const int MinBlock = 64 << 10;
    private const int MaxBlock = 8 << 20;

    /// <summary>
    /// Pieces from this length, in bytes, have a block of their own: the rest of a longer block would be too short for another.
    /// </summary>
    private const int LongPiece = 2 << 20;

    private readonly List<IMemoryOwner<byte>> _blocks = [];
    private readonly List<int> _used = [];

    public long Length { get; private set; }

    /// <summary>The next <paramref name="length"/> bytes; their content is whatever the pool left there.</summary>
    public Memory<byte> Take(int length)
    {
        if (_blocks.Count == 0 || _blocks[^1].Memory.Length - _used[^1] < length)
        {
            // As much as there is already: small objects take small blocks, packs soon large ones.
            var block = length < LongPiece ? Math.Max(length, (int)Math.Clamp(Length, MinBlock, MaxBlock)) : length;
            _blocks.Add(ChunkBuffers.Shared.Rent(block));
            _used.Add(0);
        }
        var piece = _blocks[^1].Memory.Slice(_used[^1], length);
        _used[^1] += length;
        Length += length;
        return piece;
    }

    /// <summary>All bytes taken so far, in order.</summary>
    public ReadOnlySequence<byte> ToSequence()
    {
        if (_blocks.Count == 0)
            return default;
        var first = new Segment(_blocks[0].Memory[.._used[0]], null);
        var last = first;
        for (var i = 1; i < _blocks.Count; i++)
            last = new Segment(_blocks[i].Memory[.._used[i]], last);
        return new(first, 0, last, last.Memory.Length);
    }

    /// <summary>Gives the blocks back to the pool. Only when nobody can write to a piece any more.</summary>
    public void Return()
    {
        foreach (var block in _blocks)
            block.Dispose();
        Forget();
    }

    /// <summary>Leaves the blocks to the collector.</summary>
    public void Forget()
    {
        _blocks.Clear();
        _used.Clear();
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is null)
                return;
            RunningIndex = previous.RunningIndex + previous.Memory.Length;
            previous.Next = this;
        }
    }
}
