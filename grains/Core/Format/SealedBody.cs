using System.Buffers;
using RecoveryVault.Catalogues;

namespace RecoveryVault.Format;

/// <summary>The one body of an index run or manifest, in frames of at most 4 MiB of plaintext.</summary>
public static class SealedBody
{
    private const int PieceLength = ChunkRef.MaxLength;

    /// <summary>Adds the whole body to a new object.</summary>
    public static void Add(SealedObjectWriter writer, ReadOnlySpan<byte> body)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(PayloadCompression.MaxPayloadLength(Math.Min(body.Length, PieceLength)));
        for (var rest = body; !rest.IsEmpty; )
        {
            var piece = rest[..Math.Min(rest.Length, PieceLength)];
            if (PayloadCompression.TryCompress(piece, buffer, out var length))
                writer.Add(default, piece.Length, PayloadCodec.Zstd, buffer.AsSpan(0, length));
            else
                writer.Add(default, piece.Length, PayloadCodec.Raw, piece);
            rest = rest[piece.Length..];
        }
        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>
    /// Checks a whole object, trailer first, and opens its body. With <paramref name="expectedId"/>, by which it was looked up, another
    /// authentic object in its place is refused. A body longer than <paramref name="maxLength"/> is refused before memory is taken for it.
    /// </summary>
    /// <exception cref="FormatFaultException">Any fault.</exception>
    public static byte[] Open(
        ReadOnlyMemory<byte> sealedObject,
        ObjectType type,
        ObjectId? expectedId,
        DataKey dek,
        PlatformKey? platformKey,
        int maxLength
    )
    {
        var bytes = sealedObject.Span;
        ObjectTrailer.Verify(new(sealedObject));
        using var reader = new SealedObjectReader(bytes, dek, platformKey);
        if (reader.Header.Type != type || (expectedId is { } id && reader.Header.ObjectId != id))
        {
            throw new FormatFaultException(
                FormatFault.Tampered,
                $"Where a {type} belongs lies {reader.Header.Type} {reader.Header.ObjectId}."
            );
        }
        var footer = reader.OpenTail(bytes, bytes.Length);
        var entries = reader.OpenFooter(footer, bytes.Slice((int)footer.Offset, footer.SealedLength));
        var length = entries.Sum(entry => (long)entry.PlaintextLength);
        if (length > maxLength)
            throw new FormatFaultException(FormatFault.Malformed, $"The {type}'s body has {length} bytes, more than {maxLength}.");
        var body = new byte[length];
        var rest = body.AsSpan();
        foreach (var entry in entries)
        {
            reader.OpenFrame(entry, bytes.Slice((int)entry.Offset, entry.SealedLength), rest[..entry.PlaintextLength]);
            rest = rest[entry.PlaintextLength..];
        }
        return body;
    }
}
