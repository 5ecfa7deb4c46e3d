using RecoveryVault.Catalogues;

namespace RecoveryVault.Tests.Catalogues;

public sealed class CatalogueWriterTests
{
    private static readonly CatalogueEntry File = CatalogueSamples.FileAt("a");
    private static readonly CatalogueEntry Link = CatalogueSamples.DirectoryAt("a") with
    {
        Type = EntryType.Symlink,
        LinkTarget = "target"u8.ToArray(),
    };

    public static TheoryData<string, CatalogueEntry> BrokenEntries() =>
        new()
        {
            { "path", File with { Path = RelativePath.FromText("/a") } },
            { "path", File with { Path = RelativePath.FromText("a/") } },
            { "path", File with { Path = RelativePath.FromText("a//b") } },
            { "path", File with { Path = RelativePath.FromText("a/../b") } },
            { "path", File with { Path = RelativePath.FromText("./b") } },
            { "path", File with { Path = RelativePath.FromText("a\0b") } },
            { "path", File with { Path = new(new byte[RelativePath.MaxLength + 1]) } },
            { "type", File with { Type = EntryType.Unknown } },
            { "type", File with { Type = (EntryType)8 } },
            { "mode", File with { Mode = 0x1000 } },
            { "nanoseconds", File with { ModifiedAt = new(0, 1_000_000_000) } },
            { "nanoseconds", File with { Identity = new(default, 1, new(0, -1)) } },
            { "hard-linked", File with { IsHardLinked = true, Identity = null } },
            { "read error", File with { ReadError = -1 } },
            { "was not read", File with { ReadError = 5 } },
            { "another length", File with { Size = 1 } },
            { "another length", File with { DataExtents = [new(0, 12)] } },
            { "extents", File with { DataExtents = [new(0, 12_346)] } },
            { "extents", File with { DataExtents = [new(8, 4), new(0, 4)] } },
            { "extents", File with { DataExtents = [.. Extents(CatalogueLimits.MaxDataExtents + 1)], Size = 1 << 20 } },
            { "length", File with { Content = new(0, 12_345, [new(default, 12_346)]) } },
            { "depth", File with { Content = new(ChunkList.MaxDepth + 1, 12_345, [new(default, 5)]) } },
            { "inline", File with { Content = new(0, 33, [.. Enumerable.Repeat(new ChunkRef(default, 1, true), 33)]), Size = 33 } },
            { "zero chunk", File with { Content = new(1, 12_345, [new(default, 5, true)]) } },
            { "zero chunk", File with { Content = new(0, 12_345, [new(Digest.Of([1]), 12_345, true)]) } },
            { "chunk of impossible", File with { Content = new(0, 12_345, [new(default, ChunkRef.MaxLength + 1)]) } },
            { "its type", File with { LinkTarget = new byte[1] } },
            { "its type", Link with { Size = 1 } },
            { "its type", Link with { Device = new(1, 1) } },
            { "its type", Link with { ChangedWhileRead = true } },
            { "its type", Link with { ReadAgain = true } },
            { "target", Link with { LinkTarget = default } },
            { "target", Link with { LinkTarget = "a\0b"u8.ToArray() } },
            { "target", Link with { LinkTarget = new byte[CatalogueLimits.MaxLinkTargetLength + 1] } },
            { "target", Link with { Type = EntryType.Directory } },
            { "attributes", File with { ExtendedAttributes = [new(default, default)] } },
            { "attributes", File with { ExtendedAttributes = [new("b"u8.ToArray(), default), new("a"u8.ToArray(), default)] } },
            { "attributes", File with { ExtendedAttributes = [new("a"u8.ToArray(), default), new("a"u8.ToArray(), default)] } },
            {
                "attributes",
                File with
                {
                    ExtendedAttributes = [new("a"u8.ToArray(), new byte[CatalogueLimits.MaxExtendedAttributeBytes])],
                }
            },
        };

    [Theory]
    [MemberData(nameof(BrokenEntries))]
    public async Task Add_OfABrokenEntry_IsRefused(string why, CatalogueEntry entry)
    {
        var refusal = await Assert.ThrowsAsync<ArgumentException>(async () =>
            await new CatalogueWriter(new MemoryNodes().EmitAsync).AddAsync(entry)
        );
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("b", "a")]
    [InlineData("b", "b")]
    [InlineData("b-c", "b/c")]
    public async Task Add_OutOfOrder_IsRefused(string first, string second)
    {
        var writer = new CatalogueWriter(new MemoryNodes().EmitAsync);
        await writer.AddAsync(CatalogueSamples.DirectoryAt(first));
        await Assert.ThrowsAsync<ArgumentException>(async () => await writer.AddAsync(CatalogueSamples.DirectoryAt(second)));
    }

    [Fact]
    public async Task Add_BelowAFile_IsRefused()
    {
        var writer = new CatalogueWriter(new MemoryNodes().EmitAsync);
        await writer.AddAsync(CatalogueSamples.FileAt("a"));
        await Assert.ThrowsAsync<ArgumentException>(async () => await writer.AddAsync(CatalogueSamples.FileAt("a/b")));
    }

    [Fact]
    public async Task Finish_WithoutEntries_IsRefused()
    {
        var writer = new CatalogueWriter(new MemoryNodes().EmitAsync);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.FinishAsync());
    }

    [Fact]
    public async Task Add_AfterANodeCouldNotBeStored_IsRefused()
    {
        var writer = new CatalogueWriter((_, _) => ValueTask.FromException<ChunkRef>(new IOException("no space")));
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            foreach (var entry in CatalogueSamples.Large(20_000))
                await writer.AddAsync(entry);
        });
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.AddAsync(CatalogueSamples.FileAt("z")));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.FinishAsync());
    }

    [Fact]
    public async Task Write_EntryOfTheLargestKind_FitsOneChunkAndReadsBack()
    {
        const int AttributeLength = CatalogueLimits.MaxExtendedAttributeBytes - CatalogueLimits.ExtendedAttributeOverhead;
        var extents = Extents(CatalogueLimits.MaxDataExtents, 1L << 44).ToArray();
        var length = extents.Sum(extent => extent.Length);
        var name = Enumerable.Repeat((byte)'n', 250).ToArray();
        var entry = CatalogueSamples.FileAt("a") with
        {
            Path = RelativePath.FromText(string.Join('/', Enumerable.Repeat(new string('p', 255), 256))),
            Size = long.MaxValue,
            DataExtents = [.. extents],
            Content = new(4, length, [new(Digest.Of([1]), 1000)]),
            ExtendedAttributes = [new(name, new byte[AttributeLength - 250])],
        };
        var nodes = new MemoryNodes();
        var root = await nodes.WriteAsync([CatalogueSamples.DirectoryAt(""), entry, CatalogueSamples.FileAt("z")]);
        Assert.InRange(nodes.LongestNode, 1_900_000, ChunkRef.MaxLength);
        Assert.Equal(CatalogueRoundTripTests.Describe(entry), CatalogueRoundTripTests.Describe((await nodes.ReadAsync(root))[1]));
    }

    /// <summary>Extents of a length with holes as long between them.</summary>
    private static IEnumerable<Extent> Extents(int count, long length = 1) =>
        Enumerable.Range(0, count).Select(i => new Extent(2 * i * length, length));
}
