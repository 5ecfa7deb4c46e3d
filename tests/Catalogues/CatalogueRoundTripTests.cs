using CsCheck;
using RecoveryVault.Catalogues;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Catalogues;

public sealed class CatalogueRoundTripTests
{
    [Fact]
    public Task Read_AfterWrite_ReturnsTheSameEntries() =>
        CatalogueSamples.Tree.SampleAsync(
            async tree =>
            {
                var nodes = new MemoryNodes();
                var root = await nodes.WriteAsync(tree);
                Assert.Equal(tree.Select(Describe), (await nodes.ReadAsync(root)).Select(Describe));
            },
            iter: TestScale.Iterations(400)
        );

    [Fact]
    public Task Write_SameEntries_GivesTheSameRoot() =>
        CatalogueSamples.Tree.SampleAsync(
            async tree =>
            {
                var (first, second) = (new MemoryNodes(), new MemoryNodes());
                var root = await first.WriteAsync(tree);
                Assert.Equal(root, await second.WriteAsync(await first.ReadAsync(root)));
            },
            iter: TestScale.Iterations(200)
        );

    [Fact]
    public Task Read_FromAPath_ReturnsExactlyItsSubtree() =>
        Gen.Select(CatalogueSamples.Tree, Gen.Int[0, 1000])
            .SampleAsync(
                async (tree, place) =>
                {
                    var nodes = new MemoryNodes();
                    var root = await nodes.WriteAsync(tree);
                    var from = tree[place % tree.Length].Path;
                    var expected = tree.Where(entry => entry.Path.IsWithin(from));
                    Assert.Equal(expected.Select(Describe), (await nodes.ReadAsync(root, from)).Select(Describe));
                },
                iter: TestScale.Iterations(200)
            );

    /// <summary>Everything of an entry as text: records with arrays inside have no equality by content.</summary>
    public static string Describe(CatalogueEntry entry) =>
        string.Join(
            '|',
            entry.Path,
            entry.Type,
            entry.Mode,
            entry.Uid,
            entry.Gid,
            entry.ModifiedAt,
            entry.Identity,
            entry.IsHardLinked,
            entry.Size,
            entry.DataExtents is { } extents ? string.Join(',', extents) : "dense",
            entry.Content.Depth,
            entry.Content.Length,
            string.Join(',', entry.Content.Refs),
            Convert.ToHexString(entry.LinkTarget.Span),
            entry.Device,
            string.Join(',', entry.ExtendedAttributes.Select(Describe)),
            entry.ReadError,
            entry.ChangedWhileRead
        );

    private static string Describe(ExtendedAttribute attribute) =>
        Convert.ToHexString(attribute.Name.Span) + '=' + Convert.ToHexString(attribute.Value.Span);
}
