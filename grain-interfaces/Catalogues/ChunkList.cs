using System.Collections.Immutable;

namespace RecoveryVault.Catalogues;

/// <summary>
/// A byte stream as a list of chunks, bounded in memory: at depth 0 the references are the content's chunks; at depth d they are chunks
/// that hold further references of depth d-1, in order.
/// </summary>
/// <param name="Depth">0 to <see cref="MaxDepth"/>.</param>
/// <param name="Length">Content bytes in all.</param>
/// <param name="Refs">At most <see cref="MaxInlineRefs"/> references.</param>
[GenerateSerializer, Immutable, Alias("rv.ChunkList")]
public sealed record ChunkList([property: Id(0)] int Depth, [property: Id(1)] long Length, [property: Id(2)] ImmutableArray<ChunkRef> Refs)
{
    /// <summary>More references than that are moved into chunks of their own.</summary>
    public const int MaxInlineRefs = 32;

    /// <summary>Enough for any 63-bit length.</summary>
    public const int MaxDepth = 6;

    /// <summary>The empty stream.</summary>
    public static ChunkList Empty { get; } = new(0, 0, []);
}
