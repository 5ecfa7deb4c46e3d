using System.Buffers.Binary;

namespace RecoveryVault.Format;

/// <summary>
/// A pack as an index run names it: with its item's ids, everything needed to derive its keys without reading it. The platform key id is 0
/// in suite 1.
/// </summary>
public sealed record IndexedPack(ObjectId PackId, uint DekEpoch, ObjectSuite Suite, uint PlatformKeyId);

/// <summary>Where a chunk lies.</summary>
/// <param name="PackNumber">The pack's place in <see cref="IndexRun.Packs"/>.</param>
/// <param name="Frame">The chunk's frame in that pack.</param>
public readonly record struct IndexedChunk(int PackNumber, FrameEntry Frame);

/// <summary>
/// A sorted list of chunks with their places (FORMAT.md, section 4), searched in the bytes it came as: 56 for each chunk and none besides.
/// </summary>
public sealed class IndexRun
{
    /// <summary>The most chunks of one run; an item has as many runs as it needs.</summary>
    public const int MaxChunks = 1 << 20;

    /// <summary>The most packs of one run.</summary>
    public const int MaxPacks = 1 << 16;

    /// <summary>The longest run in bytes.</summary>
    public const int MaxLength = 4 + (MaxPacks * PackLength) + 4 + (MaxChunks * ChunkLength);

    private const int PackLength = 44;
    private const int ChunkLength = 56;
    private readonly IndexedPack[] _packs;
    private readonly ReadOnlyMemory<byte> _chunks;

    private IndexRun(IndexedPack[] packs, ReadOnlyMemory<byte> chunks) => (_packs, _chunks) = (packs, chunks);

    public IReadOnlyList<IndexedPack> Packs => _packs;

    /// <summary>The number of chunks.</summary>
    public int Count => _chunks.Length / ChunkLength;

    /// <summary>The chunk at a place in the order of chunk ids.</summary>
    public IndexedChunk this[int index] => ReadChunk(_chunks.Span.Slice(index * ChunkLength, ChunkLength)) ?? throw Malformed("chunk");

    /// <summary>Writes a run; the chunks may come in any order, each once.</summary>
    /// <exception cref="ArgumentException">A chunk comes twice or names no pack of the list, or there are too many.</exception>
    public static byte[] Encode(IReadOnlyList<IndexedPack> packs, IEnumerable<IndexedChunk> chunks)
    {
        var sorted = chunks.ToArray();
        Array.Sort(sorted, static (a, b) => a.Frame.ChunkId.Value.CompareTo(b.Frame.ChunkId.Value));
        if (packs.Count > MaxPacks || sorted.Length > MaxChunks)
        {
            throw new ArgumentException(
                $"A run holds at most {MaxPacks} packs and {MaxChunks} chunks, not {packs.Count} and {sorted.Length}."
            );
        }
        var body = new byte[4 + (packs.Count * PackLength) + 4 + (sorted.Length * ChunkLength)];
        var rest = body.AsSpan();
        WriteCount(ref rest, packs.Count);
        foreach (var pack in packs)
            WritePack(ref rest, pack);
        WriteCount(ref rest, sorted.Length);
        for (var i = 0; i < sorted.Length; i++)
        {
            var chunk = sorted[i];
            var isRepeated = i > 0 && chunk.Frame.ChunkId == sorted[i - 1].Frame.ChunkId;
            if (isRepeated || (uint)chunk.PackNumber >= (uint)packs.Count || !chunk.Frame.IsSound(packs[chunk.PackNumber].Suite))
            {
                throw new ArgumentException(
                    $"The chunk {chunk.Frame.ChunkId} comes twice, is in no pack of the run, or has impossible lengths.",
                    nameof(chunks)
                );
            }
            WriteChunk(ref rest, chunk);
        }
        return body;
    }

    /// <summary>Reads a run and checks all of it; the bytes must stay unchanged as long as the run is used.</summary>
    /// <exception cref="FormatFaultException">Malformed, TooNew.</exception>
    public static IndexRun Decode(ReadOnlyMemory<byte> body)
    {
        var rest = body;
        var packs = new IndexedPack[ReadCount(ref rest, MaxPacks, PackLength)];
        for (var i = 0; i < packs.Length; i++)
            packs[i] = ReadPack(rest.Span.Slice(i * PackLength, PackLength));
        rest = rest[(packs.Length * PackLength)..];
        var count = ReadCount(ref rest, MaxChunks, ChunkLength);
        if (rest.Length != count * ChunkLength)
            throw Malformed("length");
        var run = new IndexRun(packs, rest);
        for (var i = 0; i < count; i++)
        {
            var chunk = run[i];
            if ((uint)chunk.PackNumber >= (uint)packs.Length || !chunk.Frame.IsSound(packs[chunk.PackNumber].Suite))
                throw Malformed("chunk");
            if (i > 0 && run.ChunkIdAt(i - 1).CompareTo(chunk.Frame.ChunkId.Value) >= 0)
                throw Malformed("order");
        }
        return run;
    }

    /// <summary>Finds a chunk by binary search.</summary>
    public bool TryFind(ChunkId chunkId, out IndexedChunk chunk)
    {
        var index = IndexOf(chunkId);
        chunk = index >= 0 ? this[index] : default;
        return index >= 0;
    }

    /// <summary>The chunk's place in the order of chunk ids, by binary search; -1 when the run does not have it.</summary>
    public int IndexOf(ChunkId chunkId)
    {
        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = ChunkIdAt(middle).CompareTo(chunkId.Value);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return -1;
    }

    private Bytes32 ChunkIdAt(int index) => Bytes32.Read(_chunks.Span[(index * ChunkLength)..]);

    private static void WriteCount(ref Span<byte> rest, int count)
    {
        BinaryPrimitives.WriteInt32LittleEndian(rest, count);
        rest = rest[4..];
    }

    private static int ReadCount(ref ReadOnlyMemory<byte> rest, int max, int itemLength)
    {
        if (rest.Length < 4)
            throw Malformed("length");
        var count = BinaryPrimitives.ReadUInt32LittleEndian(rest.Span);
        rest = rest[4..];
        return count <= max && count <= rest.Length / itemLength ? (int)count : throw Malformed("length");
    }

    private static void WritePack(ref Span<byte> rest, IndexedPack pack)
    {
        pack.PackId.Value.WriteTo(rest);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[32..], pack.DekEpoch);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[36..], (byte)pack.Suite);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[40..], pack.PlatformKeyId);
        rest = rest[PackLength..];
    }

    private static IndexedPack ReadPack(ReadOnlySpan<byte> source)
    {
        var suite = BinaryPrimitives.ReadUInt32LittleEndian(source[36..]);
        if (suite is > (uint)ObjectSuite.Infrastructure and <= byte.MaxValue)
        {
            throw new FormatFaultException(
                FormatFault.TooNew,
                $"The index names a pack of suite {suite}, which this program does not know."
            );
        }
        var pack = new IndexedPack(
            new(Bytes32.Read(source)),
            BinaryPrimitives.ReadUInt32LittleEndian(source[32..]),
            (ObjectSuite)suite,
            BinaryPrimitives.ReadUInt32LittleEndian(source[40..])
        );
        var isSound = suite is > 0 and <= byte.MaxValue && (pack.Suite == ObjectSuite.Infrastructure || pack.PlatformKeyId == 0);
        return isSound ? pack : throw Malformed("pack");
    }

    private static void WriteChunk(ref Span<byte> rest, in IndexedChunk chunk)
    {
        chunk.Frame.ChunkId.Value.WriteTo(rest);
        BinaryPrimitives.WriteInt32LittleEndian(rest[32..], chunk.PackNumber);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[36..], chunk.Frame.Ordinal);
        chunk.Frame.WriteLocation(rest[40..]);
        rest = rest[ChunkLength..];
    }

    private static IndexedChunk? ReadChunk(ReadOnlySpan<byte> source)
    {
        var ordinal = BinaryPrimitives.ReadUInt32LittleEndian(source[36..]);
        return FrameEntry.ReadLocation(ordinal, new(Bytes32.Read(source)), source[40..]) is { } frame
            ? new(BinaryPrimitives.ReadInt32LittleEndian(source[32..]), frame)
            : null;
    }

    private static FormatFaultException Malformed(string what) => new(FormatFault.Malformed, $"The index run breaks the format: {what}.");
}
