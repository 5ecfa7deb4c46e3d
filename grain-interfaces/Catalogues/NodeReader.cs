using RecoveryVault.Errors;

namespace RecoveryVault.Catalogues;

/// <summary>Reads the encodings of <see cref="NodeBuffer"/> strictly: nothing beyond the end, no number longer than it must be.</summary>
internal ref struct NodeReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public readonly bool AtEnd => Remaining == 0;

    public readonly int Remaining => _bytes.Length - Position;

    public byte Byte() => Position < _bytes.Length ? _bytes[Position++] : throw Damaged("it ends too early");

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count > _bytes.Length - Position)
            throw Damaged("it ends too early");
        Position += count;
        return _bytes.Slice(Position - count, count);
    }

    public ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = Byte();
            if (shift == 63 && next > 1)
                throw Damaged("a number has more than 64 bits");
            value |= (ulong)(next & 0x7f) << shift;
            if (next >= 0x80)
                continue;
            return next == 0 && shift > 0 ? throw Damaged("a number is written longer than it must be") : value;
        }
    }

    public ulong Varint(ulong max, string what)
    {
        var value = Varint();
        return value <= max ? value : throw Damaged($"{what} is {value}, at most {max} is allowed");
    }

    public int Int32(int max, string what) => (int)Varint((ulong)max, what);

    public long Int64(string what) => (long)Varint(long.MaxValue, what);

    public uint UInt32(string what) => (uint)Varint(uint.MaxValue, what);

    public long Zigzag()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public ReadOnlySpan<byte> Block(int maxLength, string what) => Bytes(Int32(maxLength, $"the length of {what}"));

    public ChunkRef Reference()
    {
        var head = Int32((ChunkRef.MaxLength << 1) | 1, "a chunk's length");
        var isZero = (head & 1) != 0;
        if (head < 2)
            throw Damaged("a chunk has no bytes");
        return new(isZero ? default : Digest.Read(Bytes(Digest.SizeBytes)), head >> 1, isZero);
    }

    /// <summary>The refusal of a node that breaks the format.</summary>
    public static VaultException Damaged(string why) =>
        new(ErrorCodes.CatalogueDamaged, $"The recovery point's catalogue is damaged: {why}.");

    /// <summary>The refusal of a node that uses what this version does not know.</summary>
    public static VaultException TooNew(string what) =>
        new(ErrorCodes.CatalogueTooNew, $"The recovery point's catalogue has {what}, which this version does not know.");
}
