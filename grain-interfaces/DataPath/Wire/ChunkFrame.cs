using System.Buffers.Binary;
using RecoveryVault.Catalogues;

namespace RecoveryVault.DataPath.Wire;

/// <summary>What a frame says.</summary>
public enum ChunkFrameType
{
    /// <summary>The last frame: <see cref="ChunkFrame.Length"/> is the number of frames before it. What lacks it is cut short.</summary>
    End = 0,

    /// <summary>A chunk; its content follows.</summary>
    Content = 1,

    /// <summary>A zero chunk; nothing follows.</summary>
    Zeros = 2,

    /// <summary>A chunk that cannot be had; its error code follows, see <see cref="ChunkFrame.TextLength"/>.</summary>
    Damage = 3,

    /// <summary>The last frame of an answer that failed half-way; an error document follows.</summary>
    Failure = 4,
}

/// <summary>
/// The 44 bytes before each chunk: type, digest, length of the plaintext, length of a text that follows. All
/// lengths are checked before anything is allocated for them.
/// </summary>
/// <param name="Type">What it says.</param>
/// <param name="Digest">The chunk's digest; all zero where there is no chunk.</param>
/// <param name="Length">The chunk's plaintext bytes; of the end, the number of frames.</param>
/// <param name="TextLength">Bytes of UTF-8 that follow a damage or failure; otherwise 0.</param>
public readonly record struct ChunkFrame(ChunkFrameType Type, Digest Digest, int Length, int TextLength)
{
    /// <summary>Bytes of a frame without what follows it.</summary>
    public const int HeaderLength = 4 + Digest.SizeBytes + 4 + 4;

    /// <summary>The longest error code, in bytes.</summary>
    public const int MaxCodeLength = 100;

    /// <summary>The end of so many frames.</summary>
    public static ChunkFrame End(int frames) => new(ChunkFrameType.End, default, frames, 0);

    /// <summary>A chunk whose content follows.</summary>
    public static ChunkFrame Content(ChunkRef chunk) => new(ChunkFrameType.Content, chunk.Digest, chunk.Length, 0);

    /// <summary>The chunk it speaks of.</summary>
    public ChunkRef Chunk => new(Digest, Length, Type == ChunkFrameType.Zeros);

    /// <summary>Writes the header.</summary>
    public void WriteTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32LittleEndian(destination, (int)Type);
        Digest.WriteTo(destination[4..]);
        BinaryPrimitives.WriteInt32LittleEndian(destination[36..], Length);
        BinaryPrimitives.WriteInt32LittleEndian(destination[40..], TextLength);
    }

    /// <summary>Reads a header and checks everything that can be checked without what follows.</summary>
    /// <exception cref="WireFaultException">It is none.</exception>
    public static ChunkFrame Read(ReadOnlySpan<byte> header)
    {
        var type = (ChunkFrameType)BinaryPrimitives.ReadInt32LittleEndian(header);
        var frame = new ChunkFrame(
            type,
            Digest.Read(header[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(header[36..]),
            BinaryPrimitives.ReadInt32LittleEndian(header[40..])
        );
        if (!Enum.IsDefined(type))
            throw new WireFaultException(WireFault.Malformed, $"There is no frame of type {(int)type}.");
        if (frame.Length < frame.MinLength || frame.Length > frame.MaxLength)
            throw new WireFaultException(
                WireFault.TooLarge,
                $"A frame of type {type} says {frame.Length}, allowed is {frame.MinLength} to {frame.MaxLength}."
            );
        if (frame.TextLength < frame.MinTextLength || frame.TextLength > frame.MaxTextLength)
            throw new WireFaultException(
                WireFault.TooLarge,
                $"A frame of type {type} has a text of {frame.TextLength} bytes, allowed is {frame.MinTextLength} to {frame.MaxTextLength}."
            );
        if (!frame.HasDigest && frame.Digest != default)
            throw new WireFaultException(WireFault.Malformed, $"A frame of type {type} has no digest.");
        return frame;
    }

    private bool IsOfChunk => Type is ChunkFrameType.Content or ChunkFrameType.Zeros or ChunkFrameType.Damage;

    private bool HasDigest => Type is ChunkFrameType.Content or ChunkFrameType.Damage;

    private int MinLength => IsOfChunk ? 1 : 0;

    private int MaxLength =>
        IsOfChunk ? ChunkRef.MaxLength
        : Type == ChunkFrameType.End ? DataPlaneProtocol.MaxFrames
        : 0;

    private int MinTextLength => MaxTextLength > 0 ? 1 : 0;

    private int MaxTextLength =>
        Type switch
        {
            ChunkFrameType.Damage => MaxCodeLength,
            ChunkFrameType.Failure => DataPlaneProtocol.MaxErrorBytes,
            _ => 0,
        };
}
