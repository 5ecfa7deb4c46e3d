using System.IO.Hashing;
using System.Text;
using RecoveryVault.Catalogues;

namespace RecoveryVault.Tests.Catalogues;

/// <summary>
/// What the tree is for: a small change rewrites few nodes, a subtree fetches few, and neither side holds more than a path of nodes.
/// </summary>
public sealed class CatalogueScaleTests
{
    private const int Files = 20_000;
    private readonly MemoryNodes _nodes = new();

    [Fact]
    public async Task Write_TwoHundredThousandEntries_StreamsInBoundedMemory()
    {
        const int Many = 200_000;
        var nodes = new MemoryNodes();
        var writer = new CatalogueWriter(nodes.EmitAsync);
        foreach (var entry in CatalogueSamples.Large(Many))
            await writer.AddAsync(entry);
        var root = await writer.FinishAsync();
        var count = 0;
        await foreach (var entry in new CatalogueReader(nodes.FetchAsync).ReadAsync(root))
        {
            // Nodes are fetched when they are reached and not before.
            var most = root.Level + 2 + ((double)nodes.All.Count * ++count / Many * 1.3);
            if (count % 1000 == 1 && nodes.Fetched > most)
                Assert.Fail($"After {count} entries {nodes.Fetched} nodes were fetched.");
        }
        Assert.Equal(writer.Count, count);
        Assert.Equal(nodes.All.Count, nodes.Fetched);
        Assert.InRange(nodes.LongestNode, 64 << 10, 512 << 10);
        Assert.InRange(nodes.All.Values.Average(node => node.Length), 40_000, 110_000);
        Assert.InRange(root.Level, 1, 2);
    }

    [Fact]
    public async Task Write_AfterOneFileChanged_RewritesOneNodeOfEachLevel()
    {
        var root = await _nodes.WriteAsync(CatalogueSamples.Large(Files));
        var before = _nodes.All.Count;
        var after = CatalogueSamples.FileAt("directory-000100/file-50.txt", version: 1);
        var changed = await _nodes.WriteAsync(CatalogueSamples.Large(Files).Select(entry => entry.Path == after.Path ? after : entry));
        Assert.NotEqual(root, changed);
        Assert.InRange(_nodes.All.Count - before, 1, root.Level + 1);
    }

    [Fact]
    public async Task Write_AfterAnInsertionOrRemoval_RewritesFewNodes()
    {
        await _nodes.WriteAsync(CatalogueSamples.Large(Files));
        Assert.InRange(_nodes.All.Count, 25, 60);
        foreach (var place in new[] { "directory-000000/a", "directory-000077/file-10.bin", "directory-000150/file-99.z" })
        {
            var before = _nodes.All.Count;
            var inserted = CatalogueSamples.FileAt(place);
            await _nodes.WriteAsync(CatalogueSamples.Large(Files).Append(inserted).OrderBy(entry => entry.Path));
            Assert.InRange(_nodes.All.Count - before, 2, 4);
        }
        var beforeRemoval = _nodes.All.Count;
        var removed = RelativePath.FromText("directory-000120");
        await _nodes.WriteAsync(CatalogueSamples.Large(Files).Where(entry => !entry.Path.IsWithin(removed)));
        Assert.InRange(_nodes.All.Count - beforeRemoval, 2, 4);
    }

    [Fact]
    public async Task Read_OfASubtree_FetchesFewNodes()
    {
        var root = await _nodes.WriteAsync(CatalogueSamples.Large(Files));
        var entries = await _nodes.ReadAsync(root, RelativePath.FromText("directory-000123"));
        Assert.Equal(101, entries.Count);
        Assert.InRange(_nodes.Fetched, 2, root.Level + 3);
    }

    [Fact]
    public async Task Read_OfWhatIsNotThere_ReturnsNothing()
    {
        var root = await _nodes.WriteAsync(CatalogueSamples.Large(Files));
        Assert.Empty(await _nodes.ReadAsync(root, RelativePath.FromText("directory-0001230")));
        Assert.Empty(await _nodes.ReadAsync(root, RelativePath.FromText("a")));
        Assert.Empty(await _nodes.ReadAsync(root, RelativePath.FromText("z")));
    }

    /// <summary>
    /// Names chosen so that every path may end a node, and so long that a single one fills it: the worst that a source can do.
    /// </summary>
    [Fact]
    public async Task Write_PathsChosenToEndEveryNode_MakesATreeThatEnds()
    {
        var deep = new string('p', 17_000);
        var paths = Enumerable.Range(0, 30_000).Select(i => $"{i:d5}{deep}").Where(EndsANode);
        var entries = paths.Select(path => CatalogueSamples.FileAt(path)).ToList();
        var root = await _nodes.WriteAsync(entries);
        Assert.InRange(root.Level, 3, Math.Log(entries.Count, 4) + 1);
        Assert.Equal(entries.Count, (await _nodes.ReadAsync(root)).Count);
        Assert.Single(await _nodes.ReadAsync(root, entries[33].Path));

        static bool EndsANode(string path) => (XxHash3.HashToUInt64(Encoding.ASCII.GetBytes(path)) & 511) == 0;
    }

    [Fact]
    public async Task Write_PathsAsLongAsTheyMayBe_ReadsBack()
    {
        var deep = string.Join('/', Enumerable.Repeat(new string('p', 255), 255));
        var entries = Enumerable.Range(0, 200).Select(i => CatalogueSamples.FileAt($"{i:d4}/{deep}")).ToList();
        var root = await _nodes.WriteAsync(entries);
        Assert.InRange(root.Level, 2, 3);
        Assert.Equal(entries.Count, (await _nodes.ReadAsync(root)).Count);
    }
}
