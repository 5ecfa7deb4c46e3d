using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace RecoveryVault.Format;

/// <summary>32 bytes, compared and written in hex in the order they are stored.</summary>
public readonly record struct Bytes32(UInt128 High, UInt128 Low)
{
    public const int SizeBytes = 32;

    public static Bytes32 Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]));

    /// <exception cref="FormatException">The text is not 64 hex digits.</exception>
    public static Bytes32 Parse(string hex) =>
        hex.Length == 2 * SizeBytes ? Read(Convert.FromHexString(hex)) : throw new FormatException("32 bytes are 64 hex digits.");

    public void WriteTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, High);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], Low);
    }

    public int CompareTo(Bytes32 other) => High == other.High ? Low.CompareTo(other.Low) : High.CompareTo(other.High);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{High:x32}{Low:x32}");
}

/// <summary>
/// A chunk's name in the store: HMAC-SHA256 of its digest under the item's chunk id key, so that it tells nothing about the content.
/// </summary>
public readonly record struct ChunkId(Bytes32 Value)
{
    public override string ToString() => Value.ToString();
}

/// <summary>A sealed object's name and the salt of its keys: 32 random bytes, fresh for every sealing. A pack's is its pack id.</summary>
public readonly record struct ObjectId(Bytes32 Value)
{
    public static ObjectId Create() => new(Bytes32.Read(RandomNumberGenerator.GetBytes(Bytes32.SizeBytes)));

    public override string ToString() => Value.ToString();
}

/// <summary>
/// What a recovery point is known by outside the store: HMAC-SHA256 of its manifest's plaintext under the item's head key.
/// </summary>
public readonly record struct HeadHash(Bytes32 Value)
{
    /// <summary>What an item's first recovery point names as its predecessor.</summary>
    public static HeadHash None => default;

    public override string ToString() => Value.ToString();
}
