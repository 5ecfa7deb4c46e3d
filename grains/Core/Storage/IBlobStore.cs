using System.Buffers;

namespace RecoveryVault.Storage;

/// <summary>
/// The one place for everything durable: named immutable byte strings with a fresh etag per write. Names follow <see cref="BlobName"/>;
/// they are case-sensitive, and <c>a</c> and <c>a/b</c> may both exist.
/// </summary>
/// <remarks>
/// A returned write is durable. A write that throws <see cref="BlobStoreException"/> with <see cref="BlobError.Unavailable"/> may or may
/// not have happened: the caller reads before it does anything else. Unreachable storage is never an empty answer.
/// </remarks>
public interface IBlobStore
{
    /// <summary>Writes the whole blob atomically and returns its new etag, which differs even when the content is equal.</summary>
    /// <exception cref="BlobStoreException">
    /// <see cref="BlobError.PreconditionFailed"/>: the condition did not hold, nothing changed.
    /// <see cref="BlobError.StoreFull"/>: no space left, nothing changed.
    /// </exception>
    Task<string> PutAsync(string name, ReadOnlySequence<byte> content, PutCondition condition, CancellationToken cancellation = default);

    /// <summary>Reads a whole blob of at most 256 MiB; null when there is none of that name.</summary>
    Task<Blob?> GetAsync(string name, CancellationToken cancellation = default);

    /// <summary>
    /// Reads from <paramref name="offset"/> into <paramref name="destination"/> and returns how many bytes were there (fewer only at the
    /// blob's end); null when there is no blob of that name.
    /// </summary>
    Task<int?> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation = default);

    /// <summary>
    /// Deletes; false when there was nothing to delete. With <paramref name="ifMatch"/> only that very version is deleted.
    /// </summary>
    /// <exception cref="BlobStoreException"><see cref="BlobError.PreconditionFailed"/>: another version is there.</exception>
    Task<bool> DeleteAsync(string name, string? ifMatch = null, CancellationToken cancellation = default);

    /// <summary>
    /// Lists blobs whose names begin with <paramref name="prefix"/> and sort after <paramref name="after"/> (ordinal order), at most
    /// <paramref name="maxCount"/> of them. Pass the page's <see cref="BlobPage.Next"/> as the next <paramref name="after"/>.
    /// </summary>
    Task<BlobPage> ListAsync(string prefix, string? after = null, int maxCount = 5000, CancellationToken cancellation = default);
}
