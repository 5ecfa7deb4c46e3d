namespace RecoveryVault.Catalogues;

/// <summary>
/// Makes the chunk list of one stream from its chunks in order; more than <see cref="ChunkList.MaxInlineRefs"/> references go into nodes,
/// each a chunk of its own. Holds one node of at most half a MiB for each depth. Not safe for concurrent use.
/// </summary>
/// <param name="emit">Stores a node, whose bytes are valid until the task completes, and returns its reference.</param>
public sealed class ChunkListWriter(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ChunkRef>> emit)
{
    private readonly List<Level> _levels = [new(0)];
    private bool _isClosed;

    /// <summary>Bytes of content so far.</summary>
    public long Length { get; private set; }

    /// <summary>Adds the next chunk.</summary>
    public async ValueTask AddAsync(ChunkRef chunk, CancellationToken cancellation = default)
    {
        RequireOpen();
        if (chunk.Length is < 1 or > ChunkRef.MaxLength)
            throw new ArgumentOutOfRangeException(nameof(chunk), chunk.Length, "No chunk has this length.");
        Length = checked(Length + chunk.Length);
        await AppendAsync(0, chunk, cancellation);
    }

    /// <summary>Writes what is left and returns the list. The writer is of no use afterwards.</summary>
    public async ValueTask<ChunkList> FinishAsync(CancellationToken cancellation = default)
    {
        RequireOpen();
        for (var depth = 0; ; depth++)
        {
            var level = _levels[depth];
            if (depth == _levels.Count - 1 && level.Inline is { } references)
            {
                _isClosed = true;
                return new(depth, Length, [.. references]);
            }
            if (level.Count > 0)
                await CloseAsync(depth, cancellation);
        }
    }

    private async ValueTask AppendAsync(int depth, ChunkRef reference, CancellationToken cancellation)
    {
        var level = _levels[depth];
        level.Append(reference);
        if (level.Length >= NodeRules.MaxLength || (level.Length >= NodeRules.MinLength && NodeRules.EndsAfter(reference)))
            await CloseAsync(depth, cancellation);
    }

    private async ValueTask CloseAsync(int depth, CancellationToken cancellation)
    {
        var level = _levels[depth];
        // Until the node is stored the list has a gap: after a failure nothing may be added any more.
        _isClosed = true;
        var node = await emit(level.Node, cancellation);
        if (node.IsZero || node.Length != level.Length)
            throw new InvalidOperationException("The reference returned for a list node is not its own.");
        _isClosed = false;
        level.Begin();
        if (depth + 1 == _levels.Count)
            _levels.Add(new(depth + 1));
        await AppendAsync(depth + 1, node, cancellation);
    }

    private void RequireOpen()
    {
        if (_isClosed)
            throw new InvalidOperationException("The chunk list is finished, or a node of it could not be stored.");
    }

    /// <summary>The node being built of references of one depth, and those references themselves while they could stay inline.</summary>
    private sealed class Level
    {
        private readonly NodeBuffer _node = new();
        private readonly List<ChunkRef> _inline = [];
        private readonly int _depth;
        private bool _hasEmitted;

        public Level(int depth)
        {
            _depth = depth;
            _node.Byte(Marker);
        }

        public int Count { get; private set; }

        public int Length => _node.Length;

        public ReadOnlyMemory<byte> Node => _node.Memory;

        public IReadOnlyList<ChunkRef>? Inline => _hasEmitted || Count > ChunkList.MaxInlineRefs ? null : _inline;

        private byte Marker => (byte)(NodeRules.ListMarker | _depth);

        public void Append(ChunkRef reference)
        {
            if (!_hasEmitted && Count < ChunkList.MaxInlineRefs)
                _inline.Add(reference);
            Count++;
            _node.Reference(reference);
        }

        public void Begin()
        {
            (Count, _hasEmitted) = (0, true);
            _node.Clear();
            _node.Byte(Marker);
        }
    }
}
