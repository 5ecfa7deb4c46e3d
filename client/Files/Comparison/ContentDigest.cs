using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using RecoveryVault.Catalogues;

namespace RecoveryVault.Files.Comparison;

/// <summary>
/// A digest of a file's content in which holes and stored zeros are alike: SHA-256 over, for each 4,096-byte block that is not all zero,
/// its number (8 bytes, little-endian) and its bytes (of the last block the rest zero), and after them the file's size (8 bytes,
/// little-endian).
/// </summary>
public sealed class ContentDigest : IDisposable
{
    private const int BlockBytes = 4096;
    private const int ReadBytes = 1 << 20;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _block = new byte[BlockBytes];
    private long _at;

    /// <summary>Takes content in ascending order; what is left between two calls is zeros.</summary>
    public void Append(long offset, ReadOnlySpan<byte> content)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(offset, _at);
        if (offset / BlockBytes != _at / BlockBytes)
            EndBlock();
        _at = offset;
        while (!content.IsEmpty)
        {
            var inBlock = (int)(_at % BlockBytes);
            var taken = Math.Min(BlockBytes - inBlock, content.Length);
            if (taken == BlockBytes)
                AppendBlock(content[..BlockBytes]);
            else
                content[..taken].CopyTo(_block.AsSpan(inBlock));
            if (taken < BlockBytes && inBlock + taken == BlockBytes)
                EndBlock();
            _at += taken;
            content = content[taken..];
        }
    }

    /// <summary>Reads a file's content to the end and gives its digest.</summary>
    /// <exception cref="FileSystemException">Reading failed.</exception>
    public Digest ReadAll(ContentStream content)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        try
        {
            content.Digest = this;
            while (content.Read(buffer) > 0)
                continue;
            return Finish(content.Finish().Size);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The digest of a file of that size; further content belongs to the next file.</summary>
    public Digest Finish(long size)
    {
        EndBlock();
        _at = 0;
        Span<byte> end = stackalloc byte[Digest.SizeBytes];
        BinaryPrimitives.WriteInt64LittleEndian(end, size);
        _hash.AppendData(end[..sizeof(long)]);
        _hash.GetHashAndReset(end);
        return Digest.Read(end);
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    /// <summary>Takes the block gathered from pieces; one that was never begun is zero and counts for nothing.</summary>
    private void EndBlock()
    {
        AppendBlock(_block);
        _block.AsSpan().Clear();
    }

    private void AppendBlock(ReadOnlySpan<byte> block)
    {
        if (!block.ContainsAnyExcept((byte)0))
            return;
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, _at / BlockBytes);
        _hash.AppendData(number);
        _hash.AppendData(block);
    }
}
