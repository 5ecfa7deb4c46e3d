using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;

namespace RecoveryVault.Format;

/// <summary>What a record is; each type's MAC has a key of its own.</summary>
public enum RecordType : byte
{
    Ring = 1,
    Descriptor = 2,
    Head = 3,
    Tombstone = 4,
    LogEntry = 5,
    LogCheckpoint = 6,
    Proof = 7,
    Note = 8,
}

/// <summary>
/// The frame of the records that keys and recovery points hang on (FORMAT.md, section 6): clear payload, a MAC under the platform keyring,
/// a checksum. The MAC says who wrote it and as what; that it is the right one (item, seq, predecessor) the payload must say.
/// </summary>
public static class RecordEnvelope
{
    /// <summary>The longest payload in bytes.</summary>
    public const int MaxPayloadLength = 1 << 20;

    private const ushort FormatVersion = 1;

    /// <summary>The clear bytes before the payload.</summary>
    public const int HeaderLength = 20;
    private const int MacLength = 32;
    private const int ChecksumLength = 16;

    private static ReadOnlySpan<byte> Magic => "RVRECORD"u8;

    /// <summary>Wraps a payload.</summary>
    public static byte[] Seal(RecordType type, PlatformKey key, ReadOnlySpan<byte> payload)
    {
        if (payload.Length > MaxPayloadLength)
            throw new ArgumentException($"A record's payload has at most {MaxPayloadLength} bytes, not {payload.Length}.", nameof(payload));
        var record = new byte[HeaderLength + payload.Length + MacLength + ChecksumLength];
        Magic.CopyTo(record);
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(8), FormatVersion);
        record[10] = (byte)type;
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12), key.Id);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(16), payload.Length);
        payload.CopyTo(record.AsSpan(HeaderLength));
        var macOffset = HeaderLength + payload.Length;
        Mac(type, key, record.AsSpan(0, macOffset), record.AsSpan(macOffset, MacLength));
        XxHash128.Hash(record.AsSpan(0, record.Length - ChecksumLength), record.AsSpan(record.Length - ChecksumLength));
        return record;
    }

    /// <summary>
    /// Checks checksum, then MAC in constant time, and returns the payload. The keyring gives the platform key of an id, or null.
    /// </summary>
    /// <exception cref="FormatFaultException">BitRot, Malformed, TooNew, WrongKey when the keyring lacks the key, Tampered.</exception>
    public static byte[] Open(ReadOnlySpan<byte> record, RecordType type, Func<uint, PlatformKey?> keyring)
    {
        Scrub(record);
        if (record[10] != (byte)type)
            throw new FormatFaultException(FormatFault.Tampered, $"Where a record of type {type} belongs lies one of type {record[10]}.");
        var keyId = BinaryPrimitives.ReadUInt32LittleEndian(record[12..]);
        var key =
            keyring(keyId)
            ?? throw new FormatFaultException(
                FormatFault.WrongKey,
                $"The {type} record was made with platform key {keyId}, which the keyring lacks."
            );
        var macOffset = record.Length - ChecksumLength - MacLength;
        Span<byte> mac = stackalloc byte[MacLength];
        Mac(type, key, record[..macOffset], mac);
        return CryptographicOperations.FixedTimeEquals(mac, record.Slice(macOffset, MacLength))
            ? record[HeaderLength..macOffset].ToArray()
            : throw new FormatFaultException(FormatFault.Tampered, $"The {type} record's MAC does not match: it was altered or forged.");
    }

    /// <summary>The platform key that a record's first bytes name; false when they are no record's. Nothing of it is authentic.</summary>
    public static bool TryKeyIdOf(ReadOnlySpan<byte> header, out uint keyId)
    {
        var isRecord = header.Length >= HeaderLength && header.StartsWith(Magic);
        keyId = isRecord ? BinaryPrimitives.ReadUInt32LittleEndian(header[12..]) : 0;
        return isRecord;
    }

    /// <summary>The same payload under another key, after it was found authentic under its own.</summary>
    /// <exception cref="FormatFaultException">As <see cref="Open"/>.</exception>
    public static byte[] Reseal(ReadOnlySpan<byte> record, Func<uint, PlatformKey?> keyring, PlatformKey key)
    {
        Scrub(record);
        var type = (RecordType)record[10];
        return Seal(type, key, Open(record, type, keyring));
    }

    /// <summary>Checks a record for bit rot, without keys.</summary>
    /// <exception cref="FormatFaultException">BitRot, Malformed, TooNew.</exception>
    public static void Scrub(ReadOnlySpan<byte> record)
    {
        if (record.Length < HeaderLength + MacLength + ChecksumLength || !IsIntact(record))
        {
            throw new FormatFaultException(
                FormatFault.BitRot,
                "The record's checksum does not match: it was cut short, extended, or bits were flipped."
            );
        }
        RequireWellFormed(record);
    }

    /// <summary>The payload of a record that was scrubbed and not authenticated: for reports, never for decisions.</summary>
    public static ReadOnlySpan<byte> UnverifiedPayload(ReadOnlySpan<byte> record)
    {
        Scrub(record);
        return record[HeaderLength..^(MacLength + ChecksumLength)];
    }

    private static void RequireWellFormed(ReadOnlySpan<byte> record)
    {
        if (!record.StartsWith(Magic))
            throw new FormatFaultException(FormatFault.Malformed, "This is no record.");
        var version = BinaryPrimitives.ReadUInt16LittleEndian(record[8..]);
        if (version > FormatVersion)
        {
            throw new FormatFaultException(
                FormatFault.TooNew,
                $"The record has format version {version}; this program knows version {FormatVersion}."
            );
        }
        var payloadLength = BinaryPrimitives.ReadUInt32LittleEndian(record[16..]);
        var isSound =
            version != 0
            && record[11] == 0
            && payloadLength <= MaxPayloadLength
            && record.Length == HeaderLength + payloadLength + MacLength + ChecksumLength;
        if (!isSound)
            throw new FormatFaultException(FormatFault.Malformed, "The record breaks the format.");
    }

    private static bool IsIntact(ReadOnlySpan<byte> record)
    {
        Span<byte> checksum = stackalloc byte[ChecksumLength];
        XxHash128.Hash(record[..^ChecksumLength], checksum);
        return checksum.SequenceEqual(record[^ChecksumLength..]);
    }

    private static void Mac(RecordType type, PlatformKey key, ReadOnlySpan<byte> message, Span<byte> mac)
    {
        Span<byte> info = [.. KeyLabels.Record, (byte)type];
        Span<byte> macKey = stackalloc byte[MacLength];
        HKDF.Expand(HashAlgorithmName.SHA256, key.Secret.Span, macKey, info);
        HMACSHA256.HashData(macKey, message, mac);
        CryptographicOperations.ZeroMemory(macKey);
    }
}
