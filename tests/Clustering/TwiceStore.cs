using System.Buffers;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Clustering;

/// <summary>A store whose client loses each put's first answer and tries again, as those over a network do.</summary>
internal sealed class TwiceStore(IBlobStore inner) : IBlobStore
{
    public async Task<string> PutAsync(
        string name,
        ReadOnlySequence<byte> content,
        PutCondition condition,
        CancellationToken cancellation = default
    )
    {
        await inner.PutAsync(name, content, condition, cancellation);
        return await inner.PutAsync(name, content, condition, cancellation);
    }

    public Task<Blob?> GetAsync(string name, CancellationToken cancellation = default) => inner.GetAsync(name, cancellation);

    public Task<int?> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation = default) =>
        inner.ReadAsync(name, offset, destination, cancellation);

    public Task<bool> DeleteAsync(string name, string? ifMatch = null, CancellationToken cancellation = default) =>
        inner.DeleteAsync(name, ifMatch, cancellation);

    public Task<BlobPage> ListAsync(string prefix, string? after = null, int maxCount = 5000, CancellationToken cancellation = default) =>
        inner.ListAsync(prefix, after, maxCount, cancellation);
}
