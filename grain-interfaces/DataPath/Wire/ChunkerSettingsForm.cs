using System.Buffers.Binary;
using RecoveryVault.Catalogues;

namespace RecoveryVault.DataPath.Wire;

/// <summary>What opens a backup session over the wire: three lengths and the 32-byte seed.</summary>
public static class ChunkerSettingsForm
{
    /// <summary>Bytes of the form.</summary>
    public const int Length = 12 + SeedLength;

    private const int SeedLength = 32;

    /// <summary>The bytes of the settings.</summary>
    public static byte[] Write(ChunkerSettings settings)
    {
        if (settings.Seed.Length != SeedLength)
            throw new ArgumentException($"A seed has {SeedLength} bytes.", nameof(settings));
        var bytes = new byte[Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, settings.MinLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), settings.TargetLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), settings.MaxLength);
        settings.Seed.Span.CopyTo(bytes.AsSpan(12));
        return bytes;
    }

    /// <summary>Reads settings a chunker can work with.</summary>
    /// <exception cref="WireFaultException">They are none.</exception>
    public static ChunkerSettings Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new WireFaultException(WireFault.Malformed, $"Chunker settings have {Length} bytes, {bytes.Length} came.");
        var settings = new ChunkerSettings(
            BinaryPrimitives.ReadInt32LittleEndian(bytes),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
            bytes[12..].ToArray()
        );
        var isUsable =
            settings.MinLength > 0
            && settings.MinLength < settings.TargetLength
            && settings.TargetLength < settings.MaxLength
            && settings.MaxLength <= ChunkRef.MaxLength
            && int.IsPow2(settings.TargetLength);
        return isUsable ? settings : throw new WireFaultException(WireFault.Malformed, $"{settings} cuts nothing.");
    }
}
