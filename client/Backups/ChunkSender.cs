using System.Buffers;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;

namespace RecoveryVault.Backups;

/// <summary>
/// Sends what is new of a stream of chunks: gathers some, asks once which of them are new, sends those. Owns the buffers
/// it is given. Not safe for concurrent use.
/// </summary>
internal sealed class ChunkSender(IBackupChannel channel) : IDisposable
{
    private const int BatchCount = 64;
    private const int BatchBytes = 8 << 20;

    private readonly List<(ChunkRef Chunk, IMemoryOwner<byte> Plaintext)> _batch = [];
    private long _bytes;

    /// <summary>Plaintext bytes of chunks that were new.</summary>
    public long BytesNew { get; private set; }

    /// <summary>Takes a chunk of content in a buffer it may be longer than, and returns its reference. Zeros are sent nowhere.</summary>
    public ValueTask<ChunkRef> AddAsync(IMemoryOwner<byte> plaintext, int length, CancellationToken cancellation)
    {
        if (plaintext.Memory.Span[..length].ContainsAnyExcept((byte)0))
            return AddStoredAsync(plaintext, length, cancellation);
        plaintext.Dispose();
        return ValueTask.FromResult(new ChunkRef(default, length, IsZero: true));
    }

    /// <summary>Takes a chunk whose digest is known.</summary>
    public async ValueTask AddAsync(ChunkRef chunk, IMemoryOwner<byte> plaintext, CancellationToken cancellation)
    {
        _batch.Add((chunk, plaintext));
        _bytes += chunk.Length;
        if (_batch.Count >= BatchCount || _bytes >= BatchBytes)
            await SendAsync(cancellation);
    }

    /// <summary>Takes a copy of a catalogue or list node, which must be stored whatever is in it.</summary>
    public ValueTask<ChunkRef> AddNodeAsync(ReadOnlyMemory<byte> node, CancellationToken cancellation)
    {
        var copy = ChunkBuffers.Shared.Rent(node.Length);
        node.CopyTo(copy.Memory);
        return AddStoredAsync(copy, node.Length, cancellation);
    }

    private async ValueTask<ChunkRef> AddStoredAsync(IMemoryOwner<byte> plaintext, int length, CancellationToken cancellation)
    {
        var chunk = new ChunkRef(Digest.Of(plaintext.Memory.Span[..length]), length);
        await AddAsync(chunk, plaintext, cancellation);
        return chunk;
    }

    /// <summary>Sends what is left and waits until everything is stored.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        await SendAsync(cancellation);
        await channel.FlushAsync(cancellation);
    }

    private async Task SendAsync(CancellationToken cancellation)
    {
        if (_batch.Count == 0)
            return;
        var isNew = await channel.FindNewAsync([.. _batch.Select(b => b.Chunk)], cancellation);
        for (var i = 0; i < isNew.Length; i++)
        {
            var (chunk, plaintext) = _batch[i];
            if (!isNew[i])
                continue;
            _batch[i] = default;
            BytesNew += chunk.Length;
            await channel.PutAsync(chunk, plaintext, cancellation);
        }
        Dispose();
    }

    public void Dispose()
    {
        foreach (var (_, plaintext) in _batch)
            plaintext?.Dispose();
        _batch.Clear();
        _bytes = 0;
    }
}
