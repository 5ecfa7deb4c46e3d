using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;

namespace RecoveryVault.Tests.Backups;

/// <summary>Both ends of the data path without a silo: chunks in memory, which a test may damage.</summary>
internal sealed class MemoryChannel : IBackupChannel, IRestoreChannel
{
    private readonly ConcurrentDictionary<ChunkRef, byte[]> _chunks = new();
    private readonly ConcurrentDictionary<ChunkRef, string> _damage = new();

    public ChunkerSettings Chunker { get; init; } = new(16 << 10, 64 << 10, 256 << 10, new byte[32]);

    /// <summary>False forgets what is put, as a test of memory wants.</summary>
    public bool Keeps { get; init; } = true;

    /// <summary>Called at every query.</summary>
    public Action? OnQuery { get; init; }

    /// <summary>Plaintext bytes put.</summary>
    public long BytesPut { get; private set; }

    /// <summary>References asked for by one call, at most.</summary>
    public int LongestCheck { get; private set; }

    public IEnumerable<ChunkRef> Chunks => _chunks.Keys;

    /// <summary>From now on reading the chunk gives this error code.</summary>
    public void Damage(ChunkRef chunk, string code) => _damage[chunk] = code;

    /// <summary>Another channel with the same chunks, of which one more cannot be read.</summary>
    public MemoryChannel Without(ChunkRef chunk, string code)
    {
        var copy = new MemoryChannel { Chunker = Chunker };
        foreach (var (known, content) in _chunks)
            copy._chunks[known] = content;
        copy.Damage(chunk, code);
        return copy;
    }

    public byte[] Read(ChunkRef chunk) => chunk.IsZero ? new byte[chunk.Length] : _chunks[chunk];

    public ValueTask<bool[]> FindNewAsync(IReadOnlyList<ChunkRef> chunks, CancellationToken cancellation)
    {
        OnQuery?.Invoke();
        return ValueTask.FromResult(chunks.Select(chunk => !chunk.IsZero && !_chunks.ContainsKey(chunk)).ToArray());
    }

    public ValueTask PutAsync(ChunkRef chunk, IMemoryOwner<byte> plaintext, CancellationToken cancellation)
    {
        using (plaintext)
        {
            Assert.False(chunk.IsZero);
            var content = plaintext.Memory.Span[..chunk.Length];
            Assert.Equal(chunk.Digest, Digest.Of(content));
            BytesPut += chunk.Length;
            if (Keeps)
                _chunks[chunk] = content.ToArray();
        }
        return ValueTask.CompletedTask;
    }

    public Task FlushAsync(CancellationToken cancellation) => Task.CompletedTask;

    public async IAsyncEnumerable<ChunkContent> ReadAsync(
        IReadOnlyList<ChunkRef> chunks,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await Task.CompletedTask;
        foreach (var chunk in chunks)
        {
            cancellation.ThrowIfCancellationRequested();
            if (_damage.TryGetValue(chunk, out var code))
            {
                yield return new ChunkContent(chunk, null, code);
                continue;
            }
            var buffer = MemoryPool<byte>.Shared.Rent(chunk.Length);
            Read(chunk).CopyTo(buffer.Memory);
            yield return new ChunkContent(chunk, buffer);
        }
    }

    public ValueTask<string?[]> CheckAsync(IReadOnlyList<ChunkRef> chunks, CancellationToken cancellation)
    {
        LongestCheck = Math.Max(LongestCheck, chunks.Count);
        return ValueTask.FromResult(chunks.Select(_damage.GetValueOrDefault).ToArray());
    }
}
