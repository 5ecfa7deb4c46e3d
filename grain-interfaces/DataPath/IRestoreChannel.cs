using System.Buffers;
using RecoveryVault.Catalogues;

namespace RecoveryVault.DataPath;

/// <summary>
/// The receiving side of one restore session: over a socket or, embedded, in process. Safe for
/// concurrent use; the grain that opened it ends it.
/// </summary>
public interface IRestoreChannel
{
    /// <summary>
    /// Reads chunks, at most <see cref="MaxBatchBytes"/> of plaintext in all; each is authenticated and its digest checked before it is
    /// returned. They come in the order asked for; the caller disposes each. Zero chunks may be asked for and come as zeros.
    /// </summary>
    IAsyncEnumerable<ChunkContent> ReadAsync(IReadOnlyList<ChunkRef> chunks, CancellationToken cancellation);

    /// <summary>
    /// For each chunk: the error code that reading it would give as far as index and store tell without reading it; null when it is there.
    /// At most <see cref="IBackupChannel.MaxQuery"/> references.
    /// </summary>
    ValueTask<string?[]> CheckAsync(IReadOnlyList<ChunkRef> chunks, CancellationToken cancellation);

    /// <summary>The most plaintext of one read, in bytes.</summary>
    const int MaxBatchBytes = 32 << 20;
}

/// <summary>
/// A chunk's plaintext in a pooled buffer, or the reason why it cannot be had (its <see cref="Plaintext"/> is empty then).
/// </summary>
public sealed class ChunkContent(ChunkRef chunk, IMemoryOwner<byte>? buffer, string? errorCode = null) : IDisposable
{
    /// <summary>Which chunk.</summary>
    public ChunkRef Chunk { get; } = chunk;

    /// <summary>The damage's error code (missing, bit rot, tampered ...); null when the content is there.</summary>
    public string? ErrorCode { get; } = errorCode;

    /// <summary>The content, valid until dispose.</summary>
    public ReadOnlyMemory<byte> Plaintext => buffer is null ? default : buffer.Memory[..Chunk.Length];

    /// <inheritdoc/>
    public void Dispose() => buffer?.Dispose();
}
