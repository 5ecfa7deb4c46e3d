using System.Security.Cryptography;
using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.Files;

namespace RecoveryVault.Tests.Backups;

public sealed class ImageTests
{
    private const int Piece = ImageCutter.PieceLength;

    [Theory]
    [InlineData("disk.txt", 1L << 30, false)]
    [InlineData("img", 1L << 30, false)]
    [InlineData("disk.img", 1 << 20, false)]
    [InlineData("disk.img", 1L << 30, true)]
    [InlineData("vm/Disk.QCOW2", 64 << 20, true)]
    public void IsImage_InATree_GoesByNameAndSize(string path, long size, bool expected) =>
        Assert.Equal(expected, ImageRule.IsImage(FileOf(path, size), ContentKind.Tree));

    [Fact]
    public void IsImage_OfAnImageItem_IsTrueWhateverItsName() => Assert.True(ImageRule.IsImage(FileOf("x", 1), ContentKind.Image));

    [Fact]
    public void Next_WhenTheFileIsCutShortMeanwhile_EndsWhereItEnds()
    {
        using var source = new SourceStage();
        source.Write("disk", RandomNumberGenerator.GetBytes((3 * Piece) + 5));
        using var walker = new FileWalker(source["disk"], new WalkOptions(), _ => { });
        Assert.True(walker.Walk().Single().TryOpen(out var content, out _));
        using (content)
        {
            var cutter = new ImageCutter(content);
            cutter.Next()!.Value.Content!.Value.Buffer.Dispose();
            using (var file = File.OpenHandle(source["disk"], FileMode.Open, FileAccess.Write))
                RandomAccess.SetLength(file, Piece + 1000);
            var second = cutter.Next()!.Value;
            second.Content!.Value.Buffer.Dispose();

            Assert.Equal((1000, (ImagePiece?)null), (second.Length, cutter.Next()));
            Assert.Equal(Piece + 1000, content.Finish().Size);
        }
    }

    [Fact]
    public async Task BackUp_OfAnImage_CutsAtFixedPlacesAndStoresNoZeros()
    {
        using var source = new SourceStage();
        var image = Image(source);
        var outcome = await source.BackUpAsync(kind: ContentKind.Image, path: "disk");

        var file = (await source.ListAsync(outcome)).Single();
        var chunks = await source.ChunksAsync(file);

        Assert.Null(file.DataExtents);
        Assert.Equal([Piece, Piece, Piece, Piece, 5], chunks.Select(c => c.Length));
        Assert.Equal([false, true, true, false, false], chunks.Select(c => c.IsZero));
        Assert.True((await source.ReadAsync(file)).AsSpan().SequenceEqual(image));
        // The hole was not read; the written zeros were.
        Assert.InRange(outcome.BytesRead, 1, (3 * Piece) - 1);
    }

    [Fact]
    public async Task BackUp_OfAnImageWithOnePageChanged_StoresOnePiece()
    {
        using var source = new SourceStage();
        var image = Image(source);
        var first = await source.BackUpAsync(kind: ContentKind.Image, path: "disk");
        using (var file = File.OpenHandle(source["disk"], FileMode.Open, FileAccess.Write))
            RandomAccess.Write(file, "changed"u8, (3L * Piece) + 4096);
        "changed"u8.CopyTo(image.AsSpan((3 * Piece) + 4096));

        var second = await source.BackUpAsync(first, kind: ContentKind.Image, path: "disk");

        Assert.Equal(1, second.Put.Count(chunk => chunk.Length == Piece));
        Assert.True((await source.ReadAsync((await source.ListAsync(second)).Single())).AsSpan().SequenceEqual(image));
    }

    /// <summary>Noise, a hole, written zeros, a piece that begins in a hole, and five bytes.</summary>
    private static byte[] Image(SourceStage source)
    {
        var image = new byte[(4 * Piece) + 5];
        RandomNumberGenerator.Fill(image.AsSpan(0, Piece));
        RandomNumberGenerator.Fill(image.AsSpan((3 * Piece) + (Piece / 2)));
        using var file = File.OpenHandle(source["disk"], FileMode.Create, FileAccess.Write);
        RandomAccess.Write(file, image.AsSpan(0, Piece), 0);
        RandomAccess.Write(file, image.AsSpan(2 * Piece, Piece), 2 * Piece);
        RandomAccess.Write(file, image.AsSpan((3 * Piece) + (Piece / 2)), (3 * Piece) + (Piece / 2));
        return image;
    }

    private static CatalogueEntry FileOf(string path, long size) =>
        new()
        {
            Path = new(System.Text.Encoding.UTF8.GetBytes(path)),
            Type = EntryType.File,
            Mode = 0,
            Uid = 0,
            Gid = 0,
            ModifiedAt = default,
            Size = size,
        };
}
