using CsCheck;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Tests.Format;

namespace RecoveryVault.Tests.Catalogues;

/// <summary>
/// Mutated nodes, with the references to them made right again so that the parsers are reached: refused by code, or the one encoding of
/// what they hold.
/// </summary>
public sealed class CatalogueFuzzTests
{
    private static readonly Gen<byte[]> Segment = Gen.Select(
        CatalogueSamples.Tree,
        Mutation.Gen.Array[1, 3],
        (tree, mutations) =>
        {
            var nodes = new MemoryNodes();
            var root = nodes.WriteAsync(tree).GetAwaiter().GetResult();
            return Mutation.Apply(nodes.All[root.Node], mutations);
        }
    );

    [Fact]
    public Task Read_OfAMutatedSegment_IsRefusedOrCanonical() =>
        Segment.FuzzAsync(
            async mutated =>
            {
                if (mutated.Length == 0)
                    return;
                var nodes = new MemoryNodes();
                try
                {
                    var entries = await nodes.ReadAsync(new CatalogueRoot(0, nodes.Put(mutated)));
                    var rewritten = new MemoryNodes();
                    var root = await rewritten.WriteAsync(entries);
                    // Attributes that only a newer version knows are the one thing that is not written again.
                    if (rewritten.All[root.Node].Length == mutated.Length)
                        Assert.Equal(mutated, rewritten.All[root.Node]);
                    else
                        Assert.True(rewritten.All[root.Node].Length < mutated.Length);
                }
                catch (VaultException refusal)
                {
                    Assert.Contains(refusal.Code, new[] { ErrorCodes.CatalogueDamaged, ErrorCodes.CatalogueTooNew });
                }
            },
            20_000
        );

    [Fact]
    public Task Read_OfMutatedInnerAndListNodes_IsRefusedOrReads() =>
        Gen.Select(Mutation.Gen.Array[1, 3], Gen.Bool)
            .FuzzAsync(
                async input =>
                {
                    var (mutations, isList) = input;
                    var nodes = new MemoryNodes();
                    var child = await nodes.WriteAsync([CatalogueSamples.DirectoryAt(""), CatalogueSamples.FileAt("a")]);
                    var leaf = new byte[Digest.SizeBytes];
                    child.Node.Digest.WriteTo(leaf);
                    var head = (byte)(child.Node.Length << 1 & 0x7f | 0x80);
                    byte[] item = [head, (byte)(child.Node.Length >> 6), .. leaf];
                    byte[] node = isList ? [0x40, .. item, .. item, 0x0b] : [1, 0, .. item, 1, (byte)'a', .. item];
                    var mutated = Mutation.Apply(node, mutations);
                    if (mutated.Length == 0)
                        return;
                    try
                    {
                        if (isList)
                            await nodes.ReadAsync(new ChunkList(1, (2 * child.Node.Length) + 5, [nodes.Put(mutated)]));
                        else
                            await nodes.ReadAsync(new CatalogueRoot(1, nodes.Put(mutated)));
                    }
                    catch (VaultException refusal)
                    {
                        Assert.Equal(ErrorCodes.CatalogueDamaged, refusal.Code);
                    }
                    catch (KeyNotFoundException)
                    {
                        // The mutated reference leads to no node: the fetcher's affair.
                    }
                },
                20_000
            );
}
