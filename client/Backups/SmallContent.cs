using System.Buffers;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Files;
using RecoveryVault.Files.Comparison;

namespace RecoveryVault.Backups;

/// <summary>The content of a file too short to be cut, read whole: one chunk, or none.</summary>
/// <param name="Entry">The file as it was read.</param>
/// <param name="Plaintext">The chunk, the receiver's to dispose; null when there is none to send.</param>
/// <param name="Recorded">The digest for a later comparison, if that was wanted.</param>
/// <param name="Failure">Why it could not be read.</param>
internal sealed record SmallContent(
    CatalogueEntry Entry,
    IMemoryOwner<byte>? Plaintext,
    Digest Recorded,
    FileSystemException? Failure = null
)
{
    /// <summary>Reads and disposes the content.</summary>
    public static SmallContent Read(ContentStream content, bool isRecorded)
    {
        using (content)
        using (var digest = isRecorded ? new ContentDigest() : null)
        {
            content.Digest = digest;
            IMemoryOwner<byte>? buffer = null;
            try
            {
                buffer = ChunkBuffers.Shared.Rent(Math.Max((int)content.Length, 1));
                var plaintext = buffer.Memory.Span[..Fill(content, buffer.Memory.Span[..(int)content.Length])];
                var entry = content.Finish();
                var recorded = digest?.Finish(entry.Size) ?? default;
                if (plaintext.ContainsAnyExcept((byte)0))
                    return new(Holding(entry, new ChunkRef(Digest.Of(plaintext), plaintext.Length)), buffer, recorded);
                var zeros = new ChunkRef(default, plaintext.Length, IsZero: true);
                buffer.Dispose();
                return new(plaintext.IsEmpty ? entry : Holding(entry, zeros), null, recorded);
            }
            catch (FileSystemException failure)
            {
                buffer?.Dispose();
                return new(content.Entry, null, default, failure);
            }
        }
    }

    private static int Fill(ContentStream content, Span<byte> buffer)
    {
        var filled = 0;
        for (var read = -1; read != 0 && filled < buffer.Length; filled += read)
            read = content.Read(buffer[filled..]);
        return filled;
    }

    private static CatalogueEntry Holding(CatalogueEntry entry, ChunkRef chunk) =>
        entry with
        {
            Content = new ChunkList(0, chunk.Length, [chunk]),
        };
}
