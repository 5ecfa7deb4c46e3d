using System.Buffers;
using RecoveryVault.Catalogues;

namespace RecoveryVault.DataPath;

/// <summary>
/// The sending side of one backup session: over a socket or, embedded, in process. Safe for
/// concurrent use; the grain that opened it ends it.
/// </summary>
public interface IBackupChannel
{
    /// <summary>How to cut content.</summary>
    ChunkerSettings Chunker { get; }

    /// <summary>For each chunk: is it new to this item, so that it must be put? At most <see cref="MaxQuery"/> references.</summary>
    ValueTask<bool[]> FindNewAsync(IReadOnlyList<ChunkRef> chunks, CancellationToken cancellation);

    /// <summary>
    /// Sends a chunk's plaintext and takes over the buffer, whose first <see cref="ChunkRef.Length"/> bytes are the
    /// content. Returns as soon as another may be sent, not when it is stored: <see cref="FlushAsync"/> says that. A
    /// failure to store surfaces on this or a later call.
    /// </summary>
    ValueTask PutAsync(ChunkRef chunk, IMemoryOwner<byte> plaintext, CancellationToken cancellation);

    /// <summary>Returns when every chunk put so far is stored durably.</summary>
    Task FlushAsync(CancellationToken cancellation);

    /// <summary>The most references of one query.</summary>
    const int MaxQuery = 4096;
}
