using System.Buffers.Binary;
using System.Text;
using RecoveryVault.Errors;
using RecoveryVault.Storage;

namespace RecoveryVault.Keys;

/// <summary>Where a blob lies in the content of a kit.</summary>
internal readonly record struct RecoveryKitEntry(string Name, int Offset, int Length)
{
    public ReadOnlySpan<byte> Of(SecretBytes content) => content.Span.Slice(Offset, Length);
}

/// <summary>
/// The sealed content of a recovery kit, blob after blob in ascending ordinal order of names: name length in bytes (2 bytes, big-endian),
/// content length (4 bytes, big-endian), name in UTF-8, content.
/// </summary>
internal static class RecoveryKitContent
{
    /// <summary>256 MiB: some 50,000 key versions.</summary>
    public const int MaxBytes = 256 * 1024 * 1024;

    private const int PrefixBytes = 6;

    /// <exception cref="VaultException"><see cref="ErrorCodes.RecoveryKitTooLarge"/>.</exception>
    public static SecretBytes Encode(IReadOnlyList<(string Name, ReadOnlyMemory<byte> Content)> blobs)
    {
        var length = blobs.Sum(blob => (long)PrefixBytes + Encoding.UTF8.GetByteCount(blob.Name) + blob.Content.Length);
        if (length > MaxBytes)
            throw new VaultException(ErrorCodes.RecoveryKitTooLarge, $"A recovery kit holds {MaxBytes} bytes of keys, got {length}.");
        return SecretBytes.Fill(
            (int)length,
            blobs,
            static (content, blobs) =>
            {
                foreach (var (name, bytes) in blobs)
                {
                    var nameLength = Encoding.UTF8.GetBytes(name, content[PrefixBytes..]);
                    BinaryPrimitives.WriteUInt16BigEndian(content, (ushort)nameLength);
                    BinaryPrimitives.WriteInt32BigEndian(content[2..], bytes.Length);
                    bytes.Span.CopyTo(content[(PrefixBytes + nameLength)..]);
                    content = content[(PrefixBytes + nameLength + bytes.Length)..];
                }
            }
        );
    }

    /// <summary>Finds the blobs in a content that is known to be authentic; still nothing in it is believed.</summary>
    /// <exception cref="VaultException"><see cref="ErrorCodes.RecoveryKitDamaged"/>: it was not written by this format's rules.</exception>
    public static IReadOnlyList<RecoveryKitEntry> Decode(ReadOnlySpan<byte> content)
    {
        var entries = new List<RecoveryKitEntry>();
        for (var offset = 0; offset < content.Length; )
        {
            if (content.Length - offset < PrefixBytes)
                throw Malformed();
            var nameLength = BinaryPrimitives.ReadUInt16BigEndian(content[offset..]);
            var length = BinaryPrimitives.ReadInt32BigEndian(content[(offset + 2)..]);
            offset += PrefixBytes;
            if (length < 0 || (long)nameLength + length > content.Length - offset)
                throw Malformed();
            var name = NameOf(content.Slice(offset, nameLength));
            if (entries.Count > 0 && string.CompareOrdinal(entries[^1].Name, name) >= 0)
                throw Malformed();
            entries.Add(new(name, offset + nameLength, length));
            offset += nameLength + length;
        }
        return entries;
    }

    private static string NameOf(ReadOnlySpan<byte> utf8)
    {
        var name = Encoding.UTF8.GetString(utf8);
        try
        {
            BlobName.Require(name);
        }
        catch (BlobStoreException)
        {
            throw Malformed();
        }
        return name;
    }

    private static VaultException Malformed() => RecoveryKitHeader.Damaged("its content is not a list of keys");
}
