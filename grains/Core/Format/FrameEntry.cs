using System.Buffers.Binary;

namespace RecoveryVault.Format;

/// <summary>How a frame's plaintext is kept.</summary>
public enum PayloadCodec : byte
{
    /// <summary>As it is.</summary>
    Raw = 0,

    /// <summary>One zstd frame (RFC 8878) without dictionary, shorter than the plaintext.</summary>
    Zstd = 1,
}

/// <summary>Where a frame lies in its object and everything needed to open it, as footers and index runs record it.</summary>
/// <param name="Ordinal">Its number in the object, from 0: the nonce.</param>
/// <param name="ChunkId">Zero in objects that are no packs.</param>
/// <param name="Offset">From the object's start, in bytes.</param>
/// <param name="SealedLength">Bytes in the object, tags included.</param>
/// <param name="PlaintextLength">1 to 4 MiB.</param>
/// <param name="Codec">How the payload becomes the plaintext.</param>
public readonly record struct FrameEntry(
    uint Ordinal,
    ChunkId ChunkId,
    uint Offset,
    int SealedLength,
    int PlaintextLength,
    PayloadCodec Codec
)
{
    internal bool IsSound(ObjectSuite suite)
    {
        var payload = SealedLength - ObjectLayout.Overhead(suite);
        return PlaintextLength is >= 1 and <= Catalogues.ChunkRef.MaxLength
            && payload >= 1
            && Offset >= ObjectHeader.SizeBytes
            && (long)Offset + SealedLength <= ObjectLayout.MaxLength
            && (Codec == PayloadCodec.Raw ? payload == PlaintextLength : Codec == PayloadCodec.Zstd && payload < PlaintextLength);
    }

    internal const int LocationSizeBytes = 16;

    /// <summary>Offset, sealed length, plaintext length, codec, three zero bytes.</summary>
    internal void WriteLocation(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Offset);
        BinaryPrimitives.WriteInt32LittleEndian(destination[4..], SealedLength);
        BinaryPrimitives.WriteInt32LittleEndian(destination[8..], PlaintextLength);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[12..], (byte)Codec);
    }

    /// <summary>Reads what <see cref="WriteLocation"/> wrote; null when the spare bytes are not zero.</summary>
    internal static FrameEntry? ReadLocation(uint ordinal, ChunkId chunkId, ReadOnlySpan<byte> source)
    {
        var codec = BinaryPrimitives.ReadUInt32LittleEndian(source[12..]);
        return codec > byte.MaxValue
            ? null
            : new(
                ordinal,
                chunkId,
                BinaryPrimitives.ReadUInt32LittleEndian(source),
                BinaryPrimitives.ReadInt32LittleEndian(source[4..]),
                BinaryPrimitives.ReadInt32LittleEndian(source[8..]),
                (PayloadCodec)codec
            );
    }
}
