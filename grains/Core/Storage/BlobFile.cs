using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace RecoveryVault.Storage;

/// <summary>
/// The file of one version of a blob: 8 bytes magic, 16 bytes etag, 8 bytes content length (little-endian), 32 bytes zero, then the
/// content to the end of the file. Published once and never changed, so an open file is one version for as long as it is open.
/// </summary>
internal static class BlobFile
{
    public const int HeaderBytes = 64;

    /// <summary>The longest blob that is read whole, in bytes.</summary>
    public const long MaxWholeBytes = 256L << 20;

    private const int EtagAt = 8,
        EtagBytes = 16,
        LengthAt = 24,
        ZerosAt = 32;

    private static ReadOnlySpan<byte> Magic => "RVBLOB1\n"u8;

    /// <summary>The parts of a new version's file, none of them copied, and its fresh etag.</summary>
    public static (IReadOnlyList<ReadOnlyMemory<byte>> Parts, string ETag) Compose(ReadOnlySequence<byte> content)
    {
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        RandomNumberGenerator.Fill(header.AsSpan(EtagAt, EtagBytes));
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(LengthAt), content.Length);
        List<ReadOnlyMemory<byte>> parts = [header];
        foreach (var segment in content)
            if (!segment.IsEmpty)
                parts.Add(segment);
        return (parts, FormatETag(header));
    }

    /// <summary>Whether the file begins with the magic.</summary>
    public static bool BeginsAsBlob(SafeFileHandle file)
    {
        Span<byte> start = stackalloc byte[Magic.Length];
        return ReadFully(file, start, 0) == start.Length && start.SequenceEqual(Magic);
    }

    /// <summary>The version's etag and content length.</summary>
    /// <exception cref="BlobStoreException"><see cref="BlobError.Damaged"/>.</exception>
    public static (string ETag, long Length) ReadHeader(SafeFileHandle file)
    {
        var stored = RandomAccess.GetLength(file);
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (stored < HeaderBytes || ReadFully(file, header, 0) < HeaderBytes)
            throw Damaged($"its file has {stored} bytes, want at least {HeaderBytes}");
        if (!header.StartsWith(Magic) || header[ZerosAt..].ContainsAnyExcept((byte)0))
            throw Damaged("its file does not begin as a blob's");
        var length = BinaryPrimitives.ReadInt64LittleEndian(header[LengthAt..]);
        if (length != stored - HeaderBytes)
            throw Damaged($"it has {stored - HeaderBytes} bytes, want {length}");
        return (FormatETag(header), length);
    }

    /// <summary>Reads the whole content.</summary>
    /// <exception cref="BlobStoreException"><see cref="BlobError.Damaged"/>, also for one longer than is read whole.</exception>
    public static Blob ReadWhole(SafeFileHandle file)
    {
        var (etag, length) = ReadHeader(file);
        if (length > MaxWholeBytes)
            throw Damaged($"it has {length} bytes, want at most {MaxWholeBytes} to read it whole");
        var content = GC.AllocateUninitializedArray<byte>((int)length);
        if (ReadFully(file, content, HeaderBytes) < length)
            throw Damaged("it became shorter while it was read");
        return new(content, etag);
    }

    /// <summary>Reads the content from an offset on; the count is smaller than the destination only at the content's end.</summary>
    public static int ReadRange(SafeFileHandle file, long offset, Span<byte> destination)
    {
        var (_, length) = ReadHeader(file);
        var wanted = (int)Math.Clamp(length - offset, 0, destination.Length);
        if (ReadFully(file, destination[..wanted], HeaderBytes + offset) < wanted)
            throw Damaged("it became shorter while it was read");
        return wanted;
    }

    private static int ReadFully(SafeFileHandle file, Span<byte> destination, long offset)
    {
        var count = 0;
        while (count < destination.Length && RandomAccess.Read(file, destination[count..], offset + count) is > 0 and var read)
            count += read;
        return count;
    }

    private static string FormatETag(ReadOnlySpan<byte> header) => $"\"{Convert.ToHexStringLower(header.Slice(EtagAt, EtagBytes))}\"";

    private static BlobStoreException Damaged(string reason) => new(BlobError.Damaged, $"The blob is damaged: {reason}.");
}
