using CsCheck;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Catalogues;

public sealed class ChunkListTests
{
    private readonly MemoryNodes _nodes = new();

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(ChunkRef.MaxLength + 1)]
    public async Task Add_OfAnImpossibleLength_IsRefused(int length) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () =>
            await new ChunkListWriter(_nodes.EmitAsync).AddAsync(new(default, length))
        );

    [Fact]
    public async Task Read_WhenChunksAreShorterOrLongerThanTheList_IsRefused()
    {
        var list = await WriteAsync(Chunks(10_000));
        await AssertDamagedAsync(list with { Length = list.Length - 1 });
        await AssertDamagedAsync(list with { Length = list.Length + 1 });
    }

    [Fact]
    public async Task Read_OfANodeOfAnotherDepth_IsRefused()
    {
        var list = await WriteAsync(Chunks(10_000));
        await AssertDamagedAsync(list with { Depth = 2 });
        await AssertDamagedAsync(new(1, 5, [_nodes.Put([0x40])]));
        await AssertDamagedAsync(new(1, 5, [_nodes.Put([0x00, 0x0b])]));
        await AssertDamagedAsync(new(1, 5, [_nodes.Put([0x40, 0x01])]));
        await AssertDamagedAsync(new(1, 5, [_nodes.Put([0x40, 0x8b, 0x00])]));
        await AssertDamagedAsync(new(2, 5, [_nodes.Put([0x41, 0x0b])]));
    }

    [Fact]
    public async Task Finish_OfFewChunks_KeepsThemInline()
    {
        var list = await WriteAsync(Chunks(ChunkList.MaxInlineRefs));
        Assert.Equal((0, 0), (list.Depth, _nodes.Emitted));
        Assert.Equal(1, (await WriteAsync(Chunks(ChunkList.MaxInlineRefs + 1))).Depth);
    }

    [Fact]
    public Task Read_AfterWrite_ReturnsTheSameChunks() =>
        CatalogueSamples
            .Chunk.Array[0, 3000]
            .SampleAsync(
                async chunks =>
                {
                    var nodes = new MemoryNodes();
                    var list = await WriteAsync(nodes, chunks);
                    Assert.Equal(chunks.Sum(chunk => (long)chunk.Length), list.Length);
                    Assert.Equal(chunks, await nodes.ReadAsync(list));
                },
                iter: TestScale.Iterations(60)
            );

    [Fact]
    public async Task Write_AMillionChunks_MakesTwoLevelsOfBoundedNodes()
    {
        var list = await WriteAsync(Chunks(1_000_000));
        Assert.Equal(2, list.Depth);
        Assert.InRange(_nodes.LongestNode, 64 << 10, (512 << 10) + 40);
        Assert.Equal(1_000_000, (await _nodes.ReadAsync(list)).Count);
    }

    [Fact]
    public async Task Write_AfterOneChunkChanged_RewritesFewNodes()
    {
        var chunks = Chunks(100_000).ToList();
        await WriteAsync(chunks);
        var before = _nodes.All.Count;
        chunks[50_000] = new(Digest.Of([7, 7, 7]), 77);
        await WriteAsync(chunks);
        Assert.InRange(_nodes.All.Count - before, 1, 5);
    }

    [Fact]
    public async Task Write_ALongHole_StoresItsNodeOnce()
    {
        await WriteAsync(Enumerable.Repeat(new ChunkRef(default, ChunkRef.MaxLength, true), 1_000_000));
        Assert.InRange(_nodes.All.Count, 2, 6);
    }

    private static IEnumerable<ChunkRef> Chunks(int count) =>
        Enumerable.Range(0, count).Select(i => new ChunkRef(Digest.Of(BitConverter.GetBytes(i)), 1_000_000 + (i % 1000)));

    private Task<ChunkList> WriteAsync(IEnumerable<ChunkRef> chunks) => WriteAsync(_nodes, chunks);

    private static async Task<ChunkList> WriteAsync(MemoryNodes nodes, IEnumerable<ChunkRef> chunks)
    {
        var writer = new ChunkListWriter(nodes.EmitAsync);
        foreach (var chunk in chunks)
            await writer.AddAsync(chunk);
        return await writer.FinishAsync();
    }

    private async Task AssertDamagedAsync(ChunkList list)
    {
        var refusal = await Assert.ThrowsAsync<VaultException>(() => _nodes.ReadAsync(list));
        Assert.Equal(ErrorCodes.CatalogueDamaged, refusal.Code);
    }
}
