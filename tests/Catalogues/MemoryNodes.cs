using System.Collections.Concurrent;
using RecoveryVault.Catalogues;

namespace RecoveryVault.Tests.Catalogues;

/// <summary>Where catalogue tests keep nodes, and count what is written and fetched.</summary>
public sealed class MemoryNodes
{
    private readonly ConcurrentDictionary<ChunkRef, byte[]> _nodes = new();
    private int _fetched;

    public int Emitted { get; private set; }

    public int Fetched => _fetched;

    public int LongestNode { get; private set; }

    public IReadOnlyDictionary<ChunkRef, byte[]> All => _nodes;

    public ValueTask<ChunkRef> EmitAsync(ReadOnlyMemory<byte> node, CancellationToken cancellation)
    {
        Emitted++;
        LongestNode = Math.Max(LongestNode, node.Length);
        return ValueTask.FromResult(Put(node.ToArray()));
    }

    public ValueTask<ReadOnlyMemory<byte>> FetchAsync(ChunkRef node, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _fetched);
        return ValueTask.FromResult<ReadOnlyMemory<byte>>(_nodes[node]);
    }

    public ChunkRef Put(byte[] node)
    {
        var reference = new ChunkRef(Digest.Of(node), node.Length);
        _nodes[reference] = node;
        return reference;
    }

    public async Task<CatalogueRoot> WriteAsync(IEnumerable<CatalogueEntry> entries)
    {
        var writer = new CatalogueWriter(EmitAsync);
        foreach (var entry in entries)
            await writer.AddAsync(entry);
        return await writer.FinishAsync();
    }

    public async Task<List<CatalogueEntry>> ReadAsync(CatalogueRoot root, RelativePath from = default)
    {
        var entries = new List<CatalogueEntry>();
        await foreach (var entry in new CatalogueReader(FetchAsync).ReadAsync(root, from))
            entries.Add(entry);
        return entries;
    }

    public async Task<List<ChunkRef>> ReadAsync(ChunkList list)
    {
        var chunks = new List<ChunkRef>();
        await foreach (var chunk in new ChunkListReader(FetchAsync).ReadAsync(list))
            chunks.Add(chunk);
        return chunks;
    }
}
