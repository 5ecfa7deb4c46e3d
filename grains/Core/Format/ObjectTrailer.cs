using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace RecoveryVault.Format;

/// <summary>
/// The clear end of every sealed object: magic, length, and XXH3-128 of everything before the hash. Anyone can scrub with it, without keys;
/// whoever alters an object on purpose can alter it too, so it tells bit rot only.
/// </summary>
public static class ObjectTrailer
{
    public const int SizeBytes = 32;
    internal const int HashLength = 16;

    private static ReadOnlySpan<byte> Magic => "RVEND\0\0\u0001"u8;

    /// <summary>Checks a whole object.</summary>
    /// <exception cref="FormatFaultException">BitRot.</exception>
    public static void Verify(ReadOnlySequence<byte> sealedObject)
    {
        var scrub = new ObjectScrub(sealedObject.Length);
        foreach (var segment in sealedObject)
            scrub.Append(segment.Span);
        scrub.Finish();
    }

    /// <summary>Checks magic and length: is this the end of an object of that many bytes?</summary>
    internal static bool IsAtEnd(ReadOnlySpan<byte> trailer, long objectLength) =>
        trailer.StartsWith(Magic) && BinaryPrimitives.ReadUInt64LittleEndian(trailer[Magic.Length..]) == (ulong)objectLength;

    /// <summary>Writes magic and length; the hash is written over the object that ends with them.</summary>
    internal static void WriteTo(Span<byte> trailer, long objectLength)
    {
        Magic.CopyTo(trailer);
        BinaryPrimitives.WriteUInt64LittleEndian(trailer[Magic.Length..], (ulong)objectLength);
    }
}

/// <summary>Checks an object's trailer while its bytes stream by, in any pieces.</summary>
/// <param name="length">The object's length as the store tells it.</param>
public sealed class ObjectScrub(long length)
{
    private readonly XxHash128 _hash = new();
    private readonly byte[] _trailer = new byte[ObjectTrailer.SizeBytes];
    private long _position;

    /// <summary>Takes the next bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var hashed = Math.Clamp(length - ObjectTrailer.HashLength - _position, 0, bytes.Length);
        _hash.Append(bytes[..(int)hashed]);
        var trailerStart = length - ObjectTrailer.SizeBytes;
        var first = (int)Math.Clamp(trailerStart - _position, 0, bytes.Length);
        var target = _position + first - trailerStart;
        if (target >= 0 && target < ObjectTrailer.SizeBytes)
        {
            var count = (int)Math.Min(bytes.Length - first, ObjectTrailer.SizeBytes - target);
            bytes.Slice(first, count).CopyTo(_trailer.AsSpan((int)target));
        }
        _position += bytes.Length;
    }

    /// <summary>Says whether the object is as it was written.</summary>
    /// <exception cref="FormatFaultException">BitRot.</exception>
    public void Finish()
    {
        if (_position != length || length < ObjectHeader.SizeBytes + ObjectTrailer.SizeBytes || !ObjectTrailer.IsAtEnd(_trailer, length))
        {
            throw new FormatFaultException(
                FormatFault.BitRot,
                $"The object is cut short or extended: of {length} bytes, the last are not its end."
            );
        }
        if (!_hash.GetCurrentHash().AsSpan().SequenceEqual(_trailer.AsSpan(ObjectTrailer.SizeBytes - ObjectTrailer.HashLength)))
            throw new FormatFaultException(FormatFault.BitRot, "The object's checksum does not match: bits were flipped.");
    }
}
