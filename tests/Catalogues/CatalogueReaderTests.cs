using RecoveryVault.Catalogues;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Catalogues;

/// <summary>Nodes made by hand, each broken in one way.</summary>
public sealed class CatalogueReaderTests
{
    private const string Directory = "02 00 00 00 00 00";
    private readonly MemoryNodes _nodes = new();

    [Theory]
    [InlineData("empty", "00")]
    [InlineData("calls itself", "01 00 00 " + Directory + "00")]
    [InlineData("ends too early", "00 00")]
    [InlineData("ends too early", "00 00 00 " + Directory)]
    [InlineData("ends too early", "00 00 05 61")]
    [InlineData("ends too early", "00 00 00 " + Directory + "01 05 01")]
    [InlineData("shared prefix", "00 01 00 " + Directory + "00")]
    [InlineData("shares less", "00 00 01 61 " + Directory + "00 00 02 61 62 " + Directory + "00")]
    [InlineData("after its predecessor", "00 00 01 61 " + Directory + "00 01 00 " + Directory + "00")]
    [InlineData("after its predecessor", "00 00 01 62 " + Directory + "00 00 01 61 " + Directory + "00")]
    [InlineData("no directory", "00 00 01 61 04 00 00 00 00 00 00 01 02 2f 62 " + Directory + "00")]
    [InlineData("sequence of names", "00 00 02 2e 2e " + Directory + "00")]
    [InlineData("sequence of names", "00 00 03 61 2f 2f " + Directory + "00")]
    [InlineData("no known type", "00 00 00 00 00 00 00 00 00 00")]
    [InlineData("mode", "00 00 00 02 80 20 00 00 00 00 00")]
    [InlineData("owner", "00 00 00 02 00 80 80 80 80 10 00 00 00 00")]
    [InlineData("nanoseconds", "00 00 00 02 00 00 00 00 80 94 eb dc 03 00")]
    [InlineData("longer than it must be", "00 00 80 00 " + Directory + "00")]
    [InlineData("more than 64 bits", "00 00 00 02 00 00 00 ff ff ff ff ff ff ff ff ff 02 00 00")]
    [InlineData("out of order", "00 00 01 61 01 00 00 00 00 00 0a 00 08 00 00")]
    [InlineData("out of order", "00 00 01 61 01 00 00 00 00 00 0a 00 0a 00 00")]
    [InlineData("longer than its value", "00 00 01 61 01 00 00 00 00 00 0a 01 00 00")]
    [InlineData("absence says", "00 00 01 61 01 00 00 00 00 00 01 01 00 00")]
    [InlineData("leads nowhere", "00 00 01 61 03 00 00 00 00 00 04 00 00")]
    [InlineData("its type", "00 00 01 61 02 00 00 00 00 00 01 01 05 00")]
    [InlineData("another length", "00 00 01 61 01 00 00 00 00 00 01 01 05 00")]
    [InlineData("inline references", "00 00 01 61 01 00 00 00 00 00 01 01 05 02 03 00 05 21 00")]
    [InlineData("no bytes", "00 00 01 61 01 00 00 00 00 00 01 01 05 02 04 00 05 01 01 00")]
    [InlineData("length is", "00 00 01 61 01 00 00 00 00 00 01 01 05 02 08 00 05 01 82 80 80 04 00 00")]
    [InlineData("data extents", "00 00 01 61 01 00 00 00 00 00 01 01 05 03 04 ff ff ff 7f 00")]
    [InlineData("longer than its value", "00 00 01 61 01 00 00 00 00 00 80 01 01 00 00")]
    [InlineData("without name", "00 00 01 61 02 00 00 00 00 00 06 01 00 00")]
    public async Task Read_OfABrokenSegment_IsRefused(string why, string hex) =>
        await AssertRefusedAsync(ErrorCodes.CatalogueDamaged, why, 0, hex);

    [Theory]
    [InlineData("type 8", "00 00 00 08 00 00 00 00 00 00")]
    [InlineData("attribute 11", "00 00 01 61 01 00 00 00 00 00 0b 00 00")]
    [InlineData("attribute 127", "00 00 01 61 01 00 00 00 00 00 7f 01 05 00")]
    public async Task Read_OfWhatANewerVersionWrote_IsRefusedAsSuch(string why, string hex) =>
        await AssertRefusedAsync(ErrorCodes.CatalogueTooNew, why, 0, hex);

    [Fact]
    public async Task Read_OfAnOptionalAttributeOfANewerVersion_IgnoresIt()
    {
        var node = _nodes.Put(Convert.FromHexString("0000016101000000000081010500ff00ff0000"));
        Assert.Equal("a", Assert.Single(await _nodes.ReadAsync(new CatalogueRoot(0, node))).Path.ToString());
    }

    [Theory]
    [InlineData("empty", "01")]
    [InlineData("calls itself", "02 00 04")]
    [InlineData("reference is none", "01 00 05")]
    [InlineData("out of order", "01 01 62 05 01 61 05")]
    [InlineData("no bytes", "01 00 00")]
    [InlineData("ends too early", "01 00 04 01 02")]
    public async Task Read_OfABrokenInnerNode_IsRefused(string why, string hex) =>
        await AssertRefusedAsync(ErrorCodes.CatalogueDamaged, why, 1, hex);

    [Fact]
    public async Task Read_WhenAChildBeginsElsewhere_IsRefused()
    {
        var child = await _nodes.WriteAsync([CatalogueSamples.DirectoryAt("b")]);
        var parent = Inner(1, ("a", child.Node));
        await AssertRefusedAsync(ErrorCodes.CatalogueDamaged, "begins elsewhere", new(1, parent));
        await AssertRefusedAsync(ErrorCodes.CatalogueDamaged, "begins elsewhere", new(2, Inner(2, ("c", Inner(1, ("b", child.Node))))));
    }

    [Fact]
    public async Task Read_WhenAChildReachesIntoTheNext_IsRefused()
    {
        var first = await _nodes.WriteAsync([CatalogueSamples.DirectoryAt("a"), CatalogueSamples.DirectoryAt("c")]);
        var second = await _nodes.WriteAsync([CatalogueSamples.DirectoryAt("b")]);
        var parent = Inner(1, ("a", first.Node), ("b", second.Node));
        await AssertRefusedAsync(ErrorCodes.CatalogueDamaged, "after its predecessor", new(1, parent));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(CatalogueLimits.MaxLevel + 1)]
    [InlineData(int.MaxValue)]
    public async Task Read_OfAnImpossibleLevel_IsRefused(int level) =>
        await AssertRefusedAsync(ErrorCodes.CatalogueDamaged, "level", new(level, _nodes.Put([1, 2, 3])));

    [Fact]
    public async Task Read_OfANodeOfAnotherLength_IsRefused()
    {
        var root = await _nodes.WriteAsync([CatalogueSamples.DirectoryAt("")]);
        var reader = new CatalogueReader((_, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(_nodes.All[root.Node].AsMemory(1)));
        var refusal = await Assert.ThrowsAsync<VaultException>(async () =>
        {
            await foreach (var _ in reader.ReadAsync(root))
                Assert.Fail("An entry of a damaged node came out.");
        });
        Assert.Equal(ErrorCodes.CatalogueDamaged, refusal.Code);
    }

    private ChunkRef Inner(byte level, params (string Path, ChunkRef Child)[] items)
    {
        var node = new List<byte> { level };
        foreach (var (path, child) in items)
        {
            node.Add((byte)path.Length);
            node.AddRange(System.Text.Encoding.UTF8.GetBytes(path));
            Assert.InRange(child.Length, 1, 63);
            node.Add((byte)(child.Length << 1));
            var digest = new byte[Digest.SizeBytes];
            child.Digest.WriteTo(digest);
            node.AddRange(digest);
        }
        return _nodes.Put([.. node]);
    }

    private Task AssertRefusedAsync(string code, string why, int level, string hex) =>
        AssertRefusedAsync(code, why, new(level, _nodes.Put(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)))));

    private async Task AssertRefusedAsync(string code, string why, CatalogueRoot root)
    {
        var refusal = await Assert.ThrowsAsync<VaultException>(() => _nodes.ReadAsync(root));
        Assert.Equal(code, refusal.Code);
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }
}
