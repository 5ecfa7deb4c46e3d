using System.Runtime.CompilerServices;

namespace RecoveryVault.Catalogues;

/// <summary>Reads the chunks of a stream in order, fetching a list node when it is reached; holds one node for each depth.</summary>
/// <param name="fetch">
/// Returns a node's plaintext after checking its digest; the bytes stay unchanged until the enumeration ends.
/// </param>
public sealed class ChunkListReader(Func<ChunkRef, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> fetch)
{
    /// <summary>The content's chunks; their lengths add up to the list's.</summary>
    /// <exception cref="Errors.VaultException"><c>CatalogueDamaged</c>; it may come after chunks were returned.</exception>
    public async IAsyncEnumerable<ChunkRef> ReadAsync(ChunkList list, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        if (EntryRules.Violation(list) is { } violation)
            throw NodeReader.Damaged($"a file {violation}");
        var rest = list.Length;
        foreach (var top in list.Refs)
        {
            var path = new Stack<Cursor>();
            for (ChunkRef? next = top; next is { } reference; next = Next(path))
            {
                var depth = path.TryPeek(out var cursor) ? cursor.Depth : list.Depth;
                if (depth > 0)
                {
                    path.Push(await OpenAsync(reference, depth - 1, cancellation));
                    continue;
                }
                rest -= reference.Length;
                if (rest < 0)
                    break;
                yield return reference;
            }
            if (rest < 0)
                break;
        }
        if (rest != 0)
            throw NodeReader.Damaged("a chunk list's chunks have another length than it says");
    }

    private static ChunkRef? Next(Stack<Cursor> path)
    {
        while (path.TryPeek(out var cursor))
        {
            if (cursor.Next() is { } reference)
                return reference;
            path.Pop();
        }
        return null;
    }

    private async ValueTask<Cursor> OpenAsync(ChunkRef reference, int depth, CancellationToken cancellation)
    {
        if (reference.IsZero)
            throw NodeReader.Damaged("a list node's reference is none");
        var node = await fetch(reference, cancellation);
        if (node.Length != reference.Length)
            throw NodeReader.Damaged($"a list node has {node.Length} bytes instead of {reference.Length}");
        if (node.Span[0] != (NodeRules.ListMarker | depth))
            throw NodeReader.Damaged("a list node is none of its depth");
        if (node.Length == 1)
            throw NodeReader.Damaged("a list node is empty");
        return new(node, depth);
    }

    /// <summary>A place in a list node, whose references have <paramref name="depth"/>.</summary>
    private sealed class Cursor(ReadOnlyMemory<byte> node, int depth)
    {
        private int _position = 1;

        public int Depth => depth;

        public ChunkRef? Next()
        {
            if (_position == node.Length)
                return null;
            var reader = new NodeReader(node.Span[_position..]);
            var reference = reader.Reference();
            _position += reader.Position;
            return reference;
        }
    }
}
