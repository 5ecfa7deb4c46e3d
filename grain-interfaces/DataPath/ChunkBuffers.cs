using System.Buffers;
using System.Numerics;

namespace RecoveryVault.DataPath;

/// <summary>
/// Buffers for chunks and packs, used again and again: a buffer fresh from the system costs a page fault for every 4 KiB, which can take
/// longer than to compress what is read into it. What is kept is bounded; the buffer last returned, still in the processor's cache, is
/// the next one lent.
/// </summary>
public sealed class ChunkBuffers : MemoryPool<byte>
{
    /// <summary>Shorter ones come from the runtime's pool, which keeps some for each thread.</summary>
    private const int SmallestKept = 32 << 10;

    private const int LongestKept = 8 << 20;

    /// <summary>Buffers are so much longer than a power of two: a sealed chunk of 4 MiB needs no buffer of 8 MiB for its tags.</summary>
    private const int Slack = 64;

    /// <summary>Of each length at most so many bytes are kept while nobody uses them.</summary>
    private const int KeptBytes = 16 << 20;

    /// <summary>The same of the two longest lengths, which images and packs are made of.</summary>
    private const int KeptLongBytes = 48 << 20;

    private readonly Shelf[] _shelves =
    [
        .. Enumerable
            .Range(0, BitOperations.Log2(LongestKept / SmallestKept) + 1)
            .Select(power => new Shelf((SmallestKept << power) + Slack)),
    ];

    private ChunkBuffers() { }

    /// <summary>The process's buffers.</summary>
    public static new ChunkBuffers Shared { get; } = new();

    /// <inheritdoc/>
    public override int MaxBufferSize => Array.MaxLength;

    /// <summary>A buffer of at least that many bytes, with whatever its last user left in it.</summary>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        if (minBufferSize is <= SmallestKept / 2 or > LongestKept + Slack)
            return MemoryPool<byte>.Shared.Rent(minBufferSize);
        var shelf = minBufferSize <= SmallestKept + Slack ? 0 : BitOperations.Log2((uint)(minBufferSize - Slack - 1) / SmallestKept) + 1;
        return new Loan(_shelves[shelf]);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) { }

    private sealed class Shelf(int length)
    {
        private readonly Lock _gate = new();
        private readonly Stack<byte[]> _free = [];

        public byte[] Take()
        {
            lock (_gate)
            {
                if (_free.TryPop(out var buffer))
                    return buffer;
            }
            return GC.AllocateUninitializedArray<byte>(length);
        }

        public void Return(byte[] buffer)
        {
            lock (_gate)
            {
                if ((_free.Count + 1L) * length <= (length > LongestKept / 2 ? KeptLongBytes : KeptBytes))
                    _free.Push(buffer);
            }
        }
    }

    private sealed class Loan(Shelf shelf) : IMemoryOwner<byte>
    {
        private byte[]? _buffer = shelf.Take();

        public Memory<byte> Memory => _buffer ?? throw new ObjectDisposedException(nameof(ChunkBuffers));

        public void Dispose()
        {
            // A buffer returned twice would be lent to two.
            if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
                shelf.Return(buffer);
        }
    }
}
