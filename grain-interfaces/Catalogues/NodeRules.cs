using System.Buffers.Binary;
using System.IO.Hashing;

namespace RecoveryVault.Catalogues;

/// <summary>
/// Where nodes end. The content decides, so that an insertion moves the boundaries near it only and all other nodes stay the chunks they
/// were. Readers do not check boundaries, only sizes.
/// </summary>
internal static class NodeRules
{
    /// <summary>A node ends no earlier, in bytes.</summary>
    public const int MinLength = 16 << 10;

    /// <summary>A node ends before an entry that would take it beyond, in bytes; a single entry may be longer.</summary>
    public const int MaxLength = 512 << 10;

    /// <summary>
    /// An inner node has at least as many items unless it is its level's last: paths as long as a node must not make a tree that never
    /// ends.
    /// </summary>
    public const int MinItems = 4;

    /// <summary>Marks a node of a chunk list; the low six bits are the depth of its references.</summary>
    public const byte ListMarker = 0x40;

    private const ulong PathMask = (1 << 9) - 1;
    private const ulong DigestMask = (1 << 10) - 1;

    /// <summary>
    /// May a node end after the entry (level 0) or item of this path? The path decides at every level, for paths outlive changes of
    /// content.
    /// </summary>
    public static bool EndsAfter(RelativePath path) => (XxHash3.HashToUInt64(path.Bytes.Span) & PathMask) == 0;

    /// <summary>
    /// May a list node end after this reference? Never after a zero chunk: of a long hole every cut would be as good as every other.
    /// </summary>
    public static bool EndsAfter(ChunkRef reference)
    {
        Span<byte> digest = stackalloc byte[Digest.SizeBytes];
        reference.Digest.WriteTo(digest);
        return !reference.IsZero && (BinaryPrimitives.ReadUInt64LittleEndian(digest) & DigestMask) == 0;
    }
}
