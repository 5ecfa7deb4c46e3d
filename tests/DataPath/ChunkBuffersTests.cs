using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;

namespace RecoveryVault.Tests.DataPath;

public sealed class ChunkBuffersTests
{
    [Fact]
    public void Memory_AfterDispose_IsNobodys()
    {
        var buffer = ChunkBuffers.Shared.Rent(100_000);
        buffer.Dispose();

        Assert.Throws<ObjectDisposedException>(() => buffer.Memory);
    }

    [Fact]
    public void Dispose_Twice_DoesNotLendTheBufferToTwo()
    {
        var buffer = ChunkBuffers.Shared.Rent(100_000);
        buffer.Dispose();
        buffer.Dispose();
        using var first = ChunkBuffers.Shared.Rent(100_000);
        using var second = ChunkBuffers.Shared.Rent(100_000);

        first.Memory.Span[0] = 1;
        second.Memory.Span[0] = 2;

        Assert.Equal(1, first.Memory.Span[0]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData((16 << 10) + 1)]
    [InlineData(32 << 10)]
    [InlineData((32 << 10) + 1)]
    [InlineData((4 << 20) + 1)]
    [InlineData(8 << 20)]
    [InlineData((8 << 20) + 1)]
    public void Rent_OfAnyLength_LendsAtLeastThat(int length)
    {
        using var buffer = ChunkBuffers.Shared.Rent(length);

        Assert.InRange(buffer.Memory.Length, length, Math.Max((2 * length) + 64, 16));
    }

    [Fact]
    public void Rent_OfALongChunkWithItsTags_IsNotTwiceAsLong()
    {
        const int sealedChunk = ChunkRef.MaxLength + 32;

        using var buffer = ChunkBuffers.Shared.Rent(sealedChunk);

        Assert.InRange(buffer.Memory.Length, sealedChunk, ChunkRef.MaxLength + 64);
    }
}
