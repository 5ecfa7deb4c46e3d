namespace RecoveryVault.Catalogues;

/// <summary>
/// Writes a catalogue from entries in walk order as a tree of nodes, each a chunk of its own. Equal entries make equal nodes, whatever ran
/// before, and a small change rewrites few of them. Holds one node for each level, of at most 512 KiB or one entry. Not safe for concurrent
/// use.
/// </summary>
/// <param name="emit">Stores a node, whose bytes are valid until the task completes, and returns its reference.</param>
public sealed class CatalogueWriter(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ChunkRef>> emit)
{
    private readonly List<Level> _levels = [new(0)];
    private readonly EntryWriter _entries = new();
    private CatalogueEntry? _previous;
    private bool _isClosed;

    /// <summary>Entries added so far.</summary>
    public long Count { get; private set; }

    /// <summary>Adds the next entry.</summary>
    /// <exception cref="ArgumentException">
    /// The entry breaks a rule of its type, exceeds <see cref="CatalogueLimits"/> or does not follow the one before.
    /// </exception>
    public async ValueTask AddAsync(CatalogueEntry entry, CancellationToken cancellation = default)
    {
        RequireOpen();
        var violation = EntryRules.Violation(entry) ?? (_previous is null ? null : EntryRules.Violation(_previous, entry));
        if (violation is not null)
            throw new ArgumentException($"The entry '{entry.Path}' {violation}.", nameof(entry));
        _previous = entry;
        Count++;
        _levels[0].Item.Clear();
        _entries.Write(_levels[0].Item, entry);
        await AppendAsync(0, entry.Path, default, cancellation);
    }

    /// <summary>Writes what is left and returns the root. The writer is of no use afterwards.</summary>
    /// <exception cref="InvalidOperationException">No entry was added: a catalogue holds at least the source's root.</exception>
    public async ValueTask<CatalogueRoot> FinishAsync(CancellationToken cancellation = default)
    {
        RequireOpen();
        if (_previous is null)
            throw new InvalidOperationException("A catalogue holds at least one entry.");
        for (var number = 0; ; number++)
        {
            var level = _levels[number];
            var isTop = number == _levels.Count - 1 && !level.HasEmitted;
            // A node alone on its level is the root; the level begun above it was not needed.
            if (isTop && number > 0 && level.Items == 1)
                return Finished(number - 1, level.LastChild);
            if (isTop)
                return Finished(number, await EmitAsync(level, cancellation));
            if (level.Items > 0)
                await CloseAsync(number, cancellation);
        }
    }

    private CatalogueRoot Finished(int level, ChunkRef node)
    {
        _isClosed = true;
        return new(level, node);
    }

    /// <summary>Adds a level's encoded <see cref="Level.Item"/> to its node.</summary>
    private async ValueTask AppendAsync(int number, RelativePath path, ChunkRef child, CancellationToken cancellation)
    {
        var level = _levels[number];
        if (level.Items > 0 && level.LengthWith(path) > NodeRules.MaxLength)
            await CloseAsync(number, cancellation);
        level.Append(path, child);
        if (level.MayEnd && NodeRules.EndsAfter(path))
            await CloseAsync(number, cancellation);
    }

    /// <summary>Emits a level's node and adds it to the level above.</summary>
    private async ValueTask CloseAsync(int number, CancellationToken cancellation)
    {
        var level = _levels[number];
        var node = await EmitAsync(level, cancellation);
        var first = level.First;
        level.Begin();
        if (number + 1 == _levels.Count)
            _levels.Add(new(number + 1));
        _levels[number + 1].Item.Clear();
        _levels[number + 1].Item.Reference(node);
        await AppendAsync(number + 1, first, node, cancellation);
    }

    private async ValueTask<ChunkRef> EmitAsync(Level level, CancellationToken cancellation)
    {
        // Until the node is stored the tree has a gap: after a failure nothing may be added any more.
        _isClosed = true;
        var node = await emit(level.Node, cancellation);
        if (node.IsZero || node.Length != level.Node.Length)
            throw new InvalidOperationException("The reference returned for a catalogue node is not its own.");
        _isClosed = false;
        level.HasEmitted = true;
        return node;
    }

    private void RequireOpen()
    {
        if (_isClosed)
            throw new InvalidOperationException("The catalogue is finished, or a node of it could not be stored.");
    }

    /// <summary>The node being built on one level.</summary>
    private sealed class Level
    {
        private readonly NodeBuffer _node = new();
        private readonly int _number;
        private RelativePath _last;

        public Level(int number)
        {
            _number = number;
            Begin();
        }

        /// <summary>The encoded entry or reference that is to follow its path.</summary>
        public NodeBuffer Item { get; } = new();

        public int Items { get; private set; }

        public RelativePath First { get; private set; }

        public ChunkRef LastChild { get; private set; }

        public bool HasEmitted { get; set; }

        public ReadOnlyMemory<byte> Node => _node.Memory;

        public bool MayEnd => _node.Length >= NodeRules.MinLength && (_number == 0 || Items >= NodeRules.MinItems);

        public void Begin()
        {
            (Items, First, _last) = (0, default, default);
            _node.Clear();
            _node.Byte((byte)_number);
        }

        public int LengthWith(RelativePath path)
        {
            var shared = Shared(path);
            var suffix = path.Bytes.Length - shared;
            return _node.Length + NodeBuffer.VarintLength((ulong)shared) + NodeBuffer.VarintLength((ulong)suffix) + suffix + Item.Length;
        }

        public void Append(RelativePath path, ChunkRef child)
        {
            if (Items++ == 0)
                First = path;
            LastChild = child;
            var shared = Shared(path);
            if (_number == 0)
                _node.Varint((ulong)shared);
            _node.Block(path.Bytes.Span[shared..]);
            _node.Bytes(Item.Span);
            _last = path;
        }

        private int Shared(RelativePath path) => _number == 0 ? _last.Bytes.Span.CommonPrefixLength(path.Bytes.Span) : 0;
    }
}
