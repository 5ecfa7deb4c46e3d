using System.Buffers;

namespace RecoveryVault.Chunking;

/// <summary>A chunk of a stream in a buffer the receiver owns and disposes, or hands on.</summary>
/// <param name="Buffer">May be longer than the chunk.</param>
/// <param name="Length">Content bytes, at least 1.</param>
public readonly record struct Chunk(IMemoryOwner<byte> Buffer, int Length)
{
    /// <summary>The content, valid until the buffer is disposed.</summary>
    public ReadOnlySpan<byte> Plaintext => Buffer.Memory.Span[..Length];
}
