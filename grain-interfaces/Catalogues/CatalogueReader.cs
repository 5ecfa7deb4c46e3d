using System.Runtime.CompilerServices;
using RecoveryVault.Errors;

namespace RecoveryVault.Catalogues;

/// <summary>
/// Reads a catalogue in walk order, fetching a node when it is reached or shortly before; holds one node for each level and those ahead.
/// Safe for concurrent reads when the fetcher is.
/// </summary>
/// <param name="fetch">
/// Returns a node's plaintext after checking its digest; the bytes stay unchanged until the enumeration ends.
/// </param>
/// <param name="lost">
/// Told of every stretch that cannot be read, which is then left out; null: the first such stretch ends the enumeration. The root's own
/// node always does.
/// </param>
/// <param name="ahead">How many nodes are fetched before they are reached, at the same time; only nodes that are wanted.</param>
public sealed class CatalogueReader(
    Func<ChunkRef, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> fetch,
    Action<LostEntries>? lost = null,
    int ahead = 0
)
{
    /// <summary>
    /// The entry <paramref name="from"/> and everything below it; of the nodes only those are fetched that can hold such entries. Nothing
    /// when there is no such entry.
    /// </summary>
    /// <exception cref="Errors.VaultException">
    /// <c>CatalogueDamaged</c> or <c>CatalogueTooNew</c>; the entries returned before it are sound.
    /// </exception>
    public async IAsyncEnumerable<CatalogueEntry> ReadAsync(
        CatalogueRoot root,
        RelativePath from = default,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        if (root.Level is < 0 or > CatalogueLimits.MaxLevel)
            throw NodeReader.Damaged($"its root is at the impossible level {root.Level}");
        var path = new Stack<Cursor>();
        CatalogueEntry? previous = null;
        await using var nodes = new NodesAhead(fetch, cancellation);
        path.Push(await OpenAsync(nodes, root.Node, root.Level, null));
        while (path.TryPeek(out var cursor))
        {
            if (cursor.NextChild(from) is { } child)
            {
                nodes.Start(cursor.Following(from).Take(ahead).Prepend(child).Select(c => c.Node));
                if (await TryOpenAsync(nodes, child, path) is { } opened)
                    path.Push(opened);
                continue;
            }
            path.Pop();
            while (NextEntry(cursor, previous, path) is { } entry)
            {
                previous = entry;
                if (entry.Path < from)
                    continue;
                if (!entry.Path.IsWithin(from))
                    yield break;
                yield return entry;
            }
        }
    }

    private async ValueTask<Cursor?> TryOpenAsync(NodesAhead nodes, Child child, Stack<Cursor> path)
    {
        try
        {
            return await OpenAsync(nodes, child.Node, path.Peek().Level - 1, child.First);
        }
        catch (VaultException e) when (lost is not null && LostEntries.IsDamage(e.Code))
        {
            lost(new LostEntries(child.First, EndOf(path), e.Code));
            return null;
        }
    }

    private CatalogueEntry? NextEntry(Cursor cursor, CatalogueEntry? previous, Stack<Cursor> path)
    {
        try
        {
            return cursor.NextEntry(previous);
        }
        catch (VaultException e) when (lost is not null && LostEntries.IsDamage(e.Code))
        {
            lost(new LostEntries(cursor.Reached, EndOf(path), e.Code));
            return null;
        }
    }

    /// <summary>Where what has been read so far ends at the latest: the next node's first path.</summary>
    private static RelativePath? EndOf(Stack<Cursor> path) =>
        path.Select(cursor => cursor.Ahead).FirstOrDefault(ahead => ahead is not null);

    private static async ValueTask<Cursor> OpenAsync(NodesAhead nodes, ChunkRef reference, int level, RelativePath? first)
    {
        if (!NodesAhead.IsNode(reference))
            throw NodeReader.Damaged("a node's reference is none");
        var node = await nodes.FetchAsync(reference);
        if (node.Length != reference.Length)
            throw NodeReader.Damaged($"a node has {node.Length} bytes instead of {reference.Length}");
        return new(node, level, first);
    }

    /// <summary>A place in one node: in its items when it is an inner node, in its entries when it is a segment.</summary>
    private sealed class Cursor
    {
        private readonly ReadOnlyMemory<byte> _node;
        private readonly List<Child> _children = [];
        private readonly RelativePath? _first;
        private int _position = 1;
        private RelativePath _last;
        private int _child;

        public Cursor(ReadOnlyMemory<byte> node, int level, RelativePath? first)
        {
            var found = node.Span[0];
            if (found != level)
                throw NodeReader.Damaged($"a node of level {level} calls itself {found}");
            if (node.Length == 1)
                throw NodeReader.Damaged("a node is empty");
            (_node, Level, _first) = (node, level, first);
            if (level == 0)
                return;
            ReadChildren();
            if (first is { } expected && _children[0].First != expected)
                throw NodeReader.Damaged("a node begins elsewhere than its parent says");
        }

        public int Level { get; }

        /// <summary>The last entry read, or where the first should be.</summary>
        public RelativePath Reached => _position == 1 ? _first ?? RelativePath.Root : _last;

        /// <summary>The first path of the next child; null when there is none.</summary>
        public RelativePath? Ahead => _child < _children.Count ? _children[_child].First : null;

        /// <summary>The next child that can hold entries at or below a path; null for a segment, or when there is none left.</summary>
        public Child? NextChild(RelativePath from)
        {
            while (_child + 1 < _children.Count && _children[_child + 1].First <= from)
                _child++;
            if (_child == _children.Count)
                return null;
            var child = _children[_child++];
            return child.First <= from || child.First.IsWithin(from) ? child : null;
        }

        /// <summary>The children that come next and hold entries below a path.</summary>
        public IEnumerable<Child> Following(RelativePath from) => _children.Skip(_child).TakeWhile(c => c.First.IsWithin(from));

        /// <summary>The next entry of a segment; null at its end and for an inner node.</summary>
        public CatalogueEntry? NextEntry(CatalogueEntry? previous)
        {
            if (Level > 0 || _position == _node.Length)
                return null;
            var isFirst = _position == 1;
            var node = new NodeReader(_node.Span[_position..]);
            var entry = EntryReader.Read(ref node, _last);
            if (isFirst && _first is { } expected && entry.Path != expected)
                throw NodeReader.Damaged("a node begins elsewhere than its parent says");
            if (previous is not null && EntryRules.Violation(previous, entry) is { } violation)
                throw NodeReader.Damaged($"'{entry.Path}' {violation}");
            _position += node.Position;
            _last = entry.Path;
            return entry;
        }

        private void ReadChildren()
        {
            var node = new NodeReader(_node.Span);
            node.Byte();
            while (!node.AtEnd)
            {
                var path = new RelativePath(node.Block(RelativePath.MaxLength, "a path").ToArray());
                if (_children.Count > 0 && path <= _children[^1].First)
                    throw NodeReader.Damaged("a node's items are out of order");
                _children.Add(new(path, node.Reference()));
            }
        }
    }

    private sealed record Child(RelativePath First, ChunkRef Node);
}
