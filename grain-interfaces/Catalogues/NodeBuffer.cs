using System.Numerics;

namespace RecoveryVault.Catalogues;

/// <summary>A growing byte buffer with the encodings nodes are made of; cleared and used again for every node.</summary>
internal sealed class NodeBuffer
{
    private byte[] _bytes = new byte[4096];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Byte(byte value) => Reserve(1)[0] = value;

    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Reserve(value.Length));

    /// <summary>LEB128: seven bits a byte, least significant first, the top bit set on all but the last.</summary>
    public void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            Byte((byte)(value | 0x80));
        Byte((byte)value);
    }

    /// <summary>A signed number, zigzag: 0, -1, 1, -2 ... become 0, 1, 2, 3 ...</summary>
    public void Zigzag(long value) => Varint((ulong)(value << 1) ^ (ulong)(value >> 63));

    /// <summary>A byte string after its length.</summary>
    public void Block(ReadOnlySpan<byte> value)
    {
        Varint((ulong)value.Length);
        Bytes(value);
    }

    public void Reference(ChunkRef reference)
    {
        Varint(((ulong)reference.Length << 1) | (reference.IsZero ? 1u : 0u));
        if (!reference.IsZero)
            reference.Digest.WriteTo(Reserve(Digest.SizeBytes));
    }

    /// <summary>How many bytes <see cref="Varint"/> writes.</summary>
    public static int VarintLength(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    private Span<byte> Reserve(int count)
    {
        if (_bytes.Length - Length < count)
            Array.Resize(ref _bytes, (int)BitOperations.RoundUpToPowerOf2((uint)(Length + count)));
        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }
}
