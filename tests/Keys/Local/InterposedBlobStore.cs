using System.Buffers;
using System.Runtime.InteropServices;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Keys.Local;

/// <summary>A memory store that lets a test do something just before a write, and keeps the buffers that went in and out.</summary>
internal sealed class InterposedBlobStore : IBlobStore
{
    private readonly MemoryBlobStore _inner = new();

    /// <summary>Runs before each put or delete of a name; may throw.</summary>
    public Func<string, Task> BeforeWrite { get; set; } = _ => Task.CompletedTask;

    /// <summary>The very arrays that were given to put or came from get.</summary>
    public List<byte[]> Buffers { get; } = [];

    public async Task<string> PutAsync(
        string name,
        ReadOnlySequence<byte> content,
        PutCondition condition,
        CancellationToken cancellation = default
    )
    {
        await BeforeWrite(name);
        Keep(content.First);
        return await _inner.PutAsync(name, content, condition, cancellation);
    }

    public async Task<Blob?> GetAsync(string name, CancellationToken cancellation = default)
    {
        var blob = await _inner.GetAsync(name, cancellation);
        if (blob is not null)
            Keep(blob.Content);
        return blob;
    }

    public Task<int?> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation = default) =>
        _inner.ReadAsync(name, offset, destination, cancellation);

    public async Task<bool> DeleteAsync(string name, string? ifMatch = null, CancellationToken cancellation = default)
    {
        await BeforeWrite(name);
        return await _inner.DeleteAsync(name, ifMatch, cancellation);
    }

    public Task<BlobPage> ListAsync(string prefix, string? after = null, int maxCount = 5000, CancellationToken cancellation = default) =>
        _inner.ListAsync(prefix, after, maxCount, cancellation);

    private void Keep(ReadOnlyMemory<byte> memory)
    {
        if (MemoryMarshal.TryGetArray(memory, out var segment) && segment.Array is { } array)
            Buffers.Add(array);
    }
}
