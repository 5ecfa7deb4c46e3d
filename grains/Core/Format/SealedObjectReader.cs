using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace RecoveryVault.Format;

/// <summary>Where an object's footer lies, in bytes from its start.</summary>
public readonly record struct FooterLocation(long Offset, int SealedLength);

/// <summary>
/// Opens the parts of one sealed object, whichever of them the caller has read from the store. Safe for concurrent use. A part that does
/// not authenticate is reported as tampered with; whether it was bit rot, <see cref="ObjectTrailer.Verify"/> of the whole object tells.
/// </summary>
public sealed class SealedObjectReader : IDisposable
{
    private readonly ObjectCipher _cipher;

    /// <summary>Checks header and keys of an object against each other: ids, then in constant time the key commitment.</summary>
    /// <param name="header">The object's first 128 bytes.</param>
    /// <param name="dek">The DEK of the epoch the header names.</param>
    /// <param name="platformKey">The platform key the header names, in suite 2.</param>
    /// <exception cref="FormatFaultException">Malformed, TooNew, WrongKey, or Tampered.</exception>
    public SealedObjectReader(ReadOnlySpan<byte> header, DataKey dek, PlatformKey? platformKey = null)
        : this(ObjectHeader.Read(header), dek, platformKey)
    {
        if (CryptographicOperations.FixedTimeEquals(_cipher.Header, header[..ObjectHeader.SizeBytes]))
            return;
        _cipher.Dispose();
        throw new FormatFaultException(
            FormatFault.Tampered,
            $"The header of {Header.Type} {Header.ObjectId} was altered, or its key substituted."
        );
    }

    private SealedObjectReader(ObjectHeader header, DataKey dek, PlatformKey? platformKey)
    {
        if (header.VaultId != dek.VaultId || header.ItemId != dek.ItemId)
        {
            throw new FormatFaultException(
                FormatFault.Tampered,
                $"{header.Type} {header.ObjectId} belongs to item {header.ItemId}, not to {dek.ItemId}."
            );
        }
        if (header.DekEpoch != dek.Epoch)
        {
            throw new FormatFaultException(
                FormatFault.WrongKey,
                $"{header.Type} {header.ObjectId} needs the DEK of epoch {header.DekEpoch}, not {dek.Epoch}."
            );
        }
        if (header.Suite == ObjectSuite.Infrastructure && platformKey?.Id != header.PlatformKeyId)
        {
            throw new FormatFaultException(
                FormatFault.WrongKey,
                $"{header.Type} {header.ObjectId} needs platform key {header.PlatformKeyId}."
            );
        }
        Header = header;
        _cipher = new(header, dek, platformKey);
    }

    public ObjectHeader Header { get; }

    /// <summary>
    /// How many bytes at an object's end <see cref="OpenTail"/> needs at least; whoever reads more may have the footer with them.
    /// </summary>
    public int TailLength => ObjectLayout.SealedTailLength(Header.Suite) + ObjectTrailer.SizeBytes;

    /// <summary>Opens chunks of a pack as an index run names them, without having read the pack's header.</summary>
    /// <exception cref="FormatFaultException">WrongKey.</exception>
    public static SealedObjectReader ForPack(IndexedPack pack, DataKey dek, PlatformKey? platformKey = null) =>
        new(
            new ObjectHeader(pack.Suite, ObjectType.Pack, pack.DekEpoch, dek.VaultId, dek.ItemId, pack.PackId, pack.PlatformKeyId),
            dek,
            platformKey
        );

    /// <summary>Finds the footer from the object's last bytes, at least <see cref="TailLength"/> of them.</summary>
    /// <exception cref="FormatFaultException">BitRot when the object ends too early or late, Tampered, Malformed.</exception>
    public FooterLocation OpenTail(ReadOnlySpan<byte> end, long objectLength)
    {
        if (end.Length < TailLength || !ObjectTrailer.IsAtEnd(end[^ObjectTrailer.SizeBytes..], objectLength))
            throw new FormatFaultException(FormatFault.BitRot, $"{Header.Type} {Header.ObjectId} is cut short or extended.");
        Span<byte> tail = stackalloc byte[ObjectLayout.TailPlaintextLength];
        _cipher.Open(FrameBinding.Tail, end[^TailLength..^ObjectTrailer.SizeBytes], tail);
        var offset = BinaryPrimitives.ReadInt64LittleEndian(tail);
        var length = BinaryPrimitives.ReadInt32LittleEndian(tail[8..]);
        var isSound =
            objectLength <= ObjectLayout.MaxLength
            && objectLength == ObjectLayout.PaddedLength(objectLength)
            && offset >= ObjectHeader.SizeBytes
            && length >= ObjectLayout.FooterHeadLength + _cipher.Overhead
            && offset == objectLength - TailLength - length
            && BinaryPrimitives.ReadInt32LittleEndian(tail[12..]) == 0;
        return isSound ? new(offset, length) : throw Malformed("tail");
    }

    /// <summary>Opens the footer: the frames in order of ordinals.</summary>
    /// <exception cref="FormatFaultException">Tampered, Malformed.</exception>
    public FrameEntry[] OpenFooter(FooterLocation location, ReadOnlySpan<byte> sealedFooter)
    {
        RequireWhole(sealedFooter.Length, location.SealedLength);
        var length = location.SealedLength - _cipher.Overhead;
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var footer = buffer.AsSpan(0, length);
            _cipher.Open(FrameBinding.Footer(length), sealedFooter, footer);
            return ReadFooter(footer, location);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Opens one frame into its payload, which is the plaintext or what expands to it, for whoever seals it again as it is.
    /// </summary>
    /// <param name="entry">The frame.</param>
    /// <param name="sealedFrame">Its bytes.</param>
    /// <param name="payload">As long as <see cref="PayloadLength"/> says.</param>
    /// <exception cref="FormatFaultException">BitRot when the object ended before the frame did, Tampered, Malformed.</exception>
    internal void OpenPayload(in FrameEntry entry, ReadOnlySpan<byte> sealedFrame, Span<byte> payload)
    {
        if (!entry.IsSound(Header.Suite))
            throw Malformed("frame entry");
        RequireWhole(sealedFrame.Length, entry.SealedLength);
        _cipher.Open(new(entry), sealedFrame, payload);
    }

    internal int PayloadLength(in FrameEntry entry) => entry.SealedLength - _cipher.Overhead;

    /// <summary>
    /// Opens one frame, named by the footer or an index run, into a buffer of the plaintext's length, which holds nothing of it unless all
    /// of it is authentic.
    /// </summary>
    /// <exception cref="FormatFaultException">BitRot when the object ended before the frame did, Tampered, Malformed.</exception>
    public void OpenFrame(in FrameEntry entry, ReadOnlySpan<byte> sealedFrame, Span<byte> plaintext)
    {
        if (!entry.IsSound(Header.Suite))
            throw Malformed("frame entry");
        RequireWhole(sealedFrame.Length, entry.SealedLength);
        if (plaintext.Length != entry.PlaintextLength)
            throw new ArgumentException($"The plaintext has {entry.PlaintextLength} bytes.", nameof(plaintext));
        if (entry.Codec == PayloadCodec.Raw)
        {
            _cipher.Open(new(entry), sealedFrame, plaintext);
            return;
        }
        var buffer = ArrayPool<byte>.Shared.Rent(sealedFrame.Length);
        try
        {
            var payload = buffer.AsSpan(0, sealedFrame.Length - _cipher.Overhead);
            _cipher.Open(new(entry), sealedFrame, payload);
            PayloadCompression.Expand(payload, plaintext);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose() => _cipher.Dispose();

    private FrameEntry[] ReadFooter(ReadOnlySpan<byte> footer, FooterLocation location)
    {
        var count = BinaryPrimitives.ReadUInt32LittleEndian(footer);
        var rest = footer[ObjectLayout.FooterHeadLength..];
        if (count > rest.Length / ObjectLayout.FooterEntryLength)
            throw Malformed("footer");
        var entries = new FrameEntry[count];
        var end = (long)ObjectHeader.SizeBytes;
        for (var i = 0u; i < count; i++)
        {
            var chunkId = new ChunkId(Bytes32.Read(rest));
            if (FrameEntry.ReadLocation(i, chunkId, rest[Bytes32.SizeBytes..]) is not { } entry)
                throw Malformed("footer");
            if (!entry.IsSound(Header.Suite) || entry.Offset != end)
                throw Malformed("footer");
            entries[i] = entry;
            end += entry.SealedLength;
            rest = rest[ObjectLayout.FooterEntryLength..];
        }
        return end == location.Offset && rest.IndexOfAnyExcept((byte)0) < 0 ? entries : throw Malformed("footer");
    }

    private void RequireWhole(int got, int want)
    {
        if (got == want)
            return;
        throw new FormatFaultException(
            FormatFault.BitRot,
            $"{Header.Type} {Header.ObjectId} is cut short: {got} bytes where {want} belong."
        );
    }

    private FormatFaultException Malformed(string part) =>
        new(FormatFault.Malformed, $"The {part} of {Header.Type} {Header.ObjectId} breaks the format.");
}
