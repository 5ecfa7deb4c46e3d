using System.Buffers.Binary;
using RecoveryVault.Catalogues;

namespace RecoveryVault.DataPath.Wire;

/// <summary>
/// References to chunks: 36 bytes each, the digest and the length, whose top bit marks a zero chunk. Nothing before or after them.
/// </summary>
public static class ChunkRefList
{
    /// <summary>Bytes of one reference.</summary>
    public const int EntryLength = Digest.SizeBytes + 4;

    /// <summary>The longest list, in bytes.</summary>
    public const int MaxLength = IBackupChannel.MaxQuery * EntryLength;

    private const uint ZeroMark = 1u << 31;

    /// <summary>The bytes of a list.</summary>
    public static byte[] Write(IReadOnlyList<ChunkRef> chunks)
    {
        var bytes = new byte[chunks.Count * EntryLength];
        for (var i = 0; i < chunks.Count; i++)
        {
            var entry = bytes.AsSpan(i * EntryLength, EntryLength);
            chunks[i].Digest.WriteTo(entry);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[Digest.SizeBytes..], (uint)chunks[i].Length | (chunks[i].IsZero ? ZeroMark : 0));
        }
        return bytes;
    }

    /// <summary>Reads a list.</summary>
    /// <exception cref="WireFaultException">It is none.</exception>
    public static ChunkRef[] Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxLength)
            throw new WireFaultException(WireFault.TooLarge, $"At most {IBackupChannel.MaxQuery} chunks are named at once.");
        if (bytes.Length % EntryLength != 0)
            throw new WireFaultException(WireFault.Truncated, $"References have {EntryLength} bytes each, {bytes.Length} came.");
        var chunks = new ChunkRef[bytes.Length / EntryLength];
        for (var i = 0; i < chunks.Length; i++)
            chunks[i] = ReadEntry(bytes.Slice(i * EntryLength, EntryLength));
        return chunks;
    }

    private static ChunkRef ReadEntry(ReadOnlySpan<byte> entry)
    {
        var digest = Digest.Read(entry);
        var word = BinaryPrimitives.ReadUInt32LittleEndian(entry[Digest.SizeBytes..]);
        var (length, isZero) = (word & ~ZeroMark, (word & ZeroMark) != 0);
        if (length is 0 or > ChunkRef.MaxLength)
            throw new WireFaultException(WireFault.Malformed, $"A chunk has 1 to {ChunkRef.MaxLength} bytes, not {length}.");
        if (isZero && digest != default)
            throw new WireFaultException(WireFault.Malformed, "A zero chunk has no digest.");
        return new ChunkRef(digest, (int)length, isZero);
    }
}
