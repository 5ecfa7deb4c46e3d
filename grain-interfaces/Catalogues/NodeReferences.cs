using System.Collections.Immutable;
using RecoveryVault.Errors;

namespace RecoveryVault.Catalogues;

/// <summary>A chunk that a catalogue needs.</summary>
/// <param name="Chunk">Which.</param>
/// <param name="Marker">The first byte it must have as a node of the catalogue; null for content, which names nothing further.</param>
public readonly record struct NodeReference(ChunkRef Chunk, int? Marker);

/// <summary>
/// What the nodes of a catalogue name, without paths: enough to find everything a recovery point needs, and each node by itself, so that
/// one shared by many recovery points is read once.
/// </summary>
public static class NodeReferences
{
    /// <summary>The reference from which all of a catalogue is reached.</summary>
    /// <exception cref="VaultException">CatalogueDamaged.</exception>
    public static NodeReference Root(CatalogueRoot root) =>
        root.Level is >= 0 and <= CatalogueLimits.MaxLevel
            ? Sound(new NodeReference(root.Node, root.Level))
            : throw NodeReader.Damaged($"its root is at the impossible level {root.Level}");

    /// <summary>The references in a node; zero chunks are left out.</summary>
    /// <param name="node">The reference to it; not to content.</param>
    /// <param name="plaintext">The node, its digest checked.</param>
    /// <exception cref="VaultException">CatalogueDamaged, CatalogueTooNew: what it names is not known in full.</exception>
    public static IReadOnlyList<NodeReference> Of(NodeReference node, ReadOnlyMemory<byte> plaintext)
    {
        if (plaintext.Length != node.Chunk.Length)
            throw NodeReader.Damaged($"a node has {plaintext.Length} bytes instead of {node.Chunk.Length}");
        var reader = new NodeReader(plaintext.Span);
        var marker = reader.Byte();
        if (marker != node.Marker)
            throw NodeReader.Damaged($"a node of kind {node.Marker} calls itself {marker}");
        if (reader.AtEnd)
            throw NodeReader.Damaged("a node is empty");
        return marker == 0 ? OfSegment(ref reader)
            : marker < NodeRules.ListMarker ? OfInnerNode(ref reader, marker - 1)
            : OfListNode(ref reader, marker - NodeRules.ListMarker);
    }

    private static List<NodeReference> OfSegment(ref NodeReader reader)
    {
        List<NodeReference> found = [];
        for (RelativePath last = default; !reader.AtEnd; )
        {
            var entry = EntryReader.Read(ref reader, last);
            last = entry.Path;
            Add(found, entry.Content.Refs, entry.Content.Depth);
        }
        return found;
    }

    private static List<NodeReference> OfInnerNode(ref NodeReader reader, int level)
    {
        List<NodeReference> found = [];
        while (!reader.AtEnd)
        {
            reader.Block(RelativePath.MaxLength, "a path");
            found.Add(Sound(new NodeReference(reader.Reference(), level)));
        }
        return found;
    }

    private static List<NodeReference> OfListNode(ref NodeReader reader, int depth)
    {
        List<NodeReference> found = [];
        while (!reader.AtEnd)
            Add(found, [reader.Reference()], depth);
        return found;
    }

    private static void Add(List<NodeReference> found, ImmutableArray<ChunkRef> references, int depth)
    {
        foreach (var reference in references)
        {
            if (depth > 0)
                found.Add(Sound(new NodeReference(reference, NodeRules.ListMarker | (depth - 1))));
            else if (!reference.IsZero)
                found.Add(new NodeReference(reference, null));
        }
    }

    private static NodeReference Sound(NodeReference node) =>
        !node.Chunk.IsZero && node.Chunk.Length is >= 1 and <= ChunkRef.MaxLength
            ? node
            : throw NodeReader.Damaged("a node's reference is none");
}
