using RecoveryVault.Catalogues;

namespace RecoveryVault.Restores;

/// <summary>
/// The nodes of a catalogue that were read last: the way to a path, to the directories above it and to the next path is mostly the same.
/// Safe for concurrent use.
/// </summary>
internal sealed class RecentNodes
{
    private const int Count = 16;

    private readonly Lock _sync = new();
    private readonly Queue<ChunkRef> _order = new();
    private readonly Dictionary<ChunkRef, ReadOnlyMemory<byte>> _nodes = [];

    public bool TryFind(ChunkRef node, out ReadOnlyMemory<byte> content)
    {
        lock (_sync)
            return _nodes.TryGetValue(node, out content);
    }

    public void Add(ChunkRef node, ReadOnlyMemory<byte> content)
    {
        lock (_sync)
        {
            if (!_nodes.TryAdd(node, content))
                return;
            _order.Enqueue(node);
            if (_order.Count > Count)
                _nodes.Remove(_order.Dequeue());
        }
    }
}
