using System.Buffers.Binary;
using RecoveryVault.Items;
using RecoveryVault.Vaults;

namespace RecoveryVault.Format;

/// <summary>How an object is sealed.</summary>
public enum ObjectSuite : byte
{
    /// <summary>AES-256-GCM under a key derived from the DEK.</summary>
    OneLayer = 1,

    /// <summary>The same, and every sealed frame once more under a key derived from a platform key.</summary>
    Infrastructure = 2,
}

/// <summary>What an object holds.</summary>
public enum ObjectType : byte
{
    Pack = 1,
    IndexRun = 2,
    Manifest = 3,
}

/// <summary>
/// A sealed object's clear header without its key commitment (FORMAT.md, section 2). The platform key id is 0 in suite 1.
/// </summary>
public sealed record ObjectHeader(
    ObjectSuite Suite,
    ObjectType Type,
    uint DekEpoch,
    VaultId VaultId,
    ItemId ItemId,
    ObjectId ObjectId,
    uint PlatformKeyId
)
{
    public const int SizeBytes = 128;
    public const ushort FormatVersion = 1;
    internal const int CommitmentOffset = 80;

    /// <summary>What every derivation of an object's keys is bound to, in bytes.</summary>
    internal const int ContextSizeBytes = 38;

    private const int PlatformKeyIdOffset = 112;
    private const int ReservedOffset = 116;

    private static ReadOnlySpan<byte> Magic => "RVSEALED"u8;

    /// <summary>True of the first bytes of a sealed object.</summary>
    public static bool IsObject(ReadOnlySpan<byte> bytes) => bytes.Length >= SizeBytes && bytes.StartsWith(Magic);

    /// <summary>Reads a header. Nothing in it is authentic until a <see cref="SealedObjectReader"/> has been made of it.</summary>
    /// <exception cref="FormatFaultException">Malformed or TooNew.</exception>
    public static ObjectHeader Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < SizeBytes || !bytes.StartsWith(Magic))
            throw new FormatFaultException(FormatFault.Malformed, "This is no sealed object.");
        var version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
        if (version > FormatVersion || bytes[10] > (byte)ObjectSuite.Infrastructure || bytes[11] > (byte)ObjectType.Manifest)
        {
            throw new FormatFaultException(
                FormatFault.TooNew,
                $"The object has format version {version}, suite {bytes[10]}, type {bytes[11]}; "
                    + $"this program knows version {FormatVersion}, suites 1 and 2, types 1 to 3."
            );
        }
        var header = new ObjectHeader(
            (ObjectSuite)bytes[10],
            (ObjectType)bytes[11],
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]),
            new(BinaryPrimitives.ReadUInt128BigEndian(bytes[16..])),
            new(BinaryPrimitives.ReadUInt128BigEndian(bytes[32..])),
            new(Bytes32.Read(bytes[48..])),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[PlatformKeyIdOffset..])
        );
        var isSound =
            version != 0
            && header.Suite != 0
            && header.Type != 0
            && bytes[ReservedOffset..SizeBytes].IndexOfAnyExcept((byte)0) < 0
            && (header.Suite == ObjectSuite.Infrastructure || header.PlatformKeyId == 0);
        return isSound ? header : throw new FormatFaultException(FormatFault.Malformed, "The object's header breaks the format.");
    }

    /// <summary>Writes all but the commitment, which stays zero.</summary>
    internal void WriteTo(Span<byte> destination)
    {
        destination[..SizeBytes].Clear();
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[8..], FormatVersion);
        (destination[10], destination[11]) = ((byte)Suite, (byte)Type);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[12..], DekEpoch);
        VaultId.WriteTo(destination[16..]);
        ItemId.WriteTo(destination[32..]);
        ObjectId.Value.WriteTo(destination[48..]);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[PlatformKeyIdOffset..], PlatformKeyId);
    }

    internal void WriteContext(Span<byte> destination)
    {
        (destination[0], destination[1]) = ((byte)Suite, (byte)Type);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[2..], DekEpoch);
        VaultId.WriteTo(destination[6..]);
        ItemId.WriteTo(destination[22..]);
    }
}
