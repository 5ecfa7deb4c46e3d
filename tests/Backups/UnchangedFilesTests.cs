using System.Security.Cryptography;
using System.Text;
using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Tests.Backups;

public sealed class UnchangedFilesTests
{
    [Fact]
    public async Task BackUp_OfAFileChangedWithItsTimesAndSizePutBack_ReadsIt()
    {
        using var source = new SourceStage();
        source.Write("a", "before"u8);
        var first = await source.BackUpAsync();
        var modified = File.GetLastWriteTimeUtc(source["a"]);
        source.Write("a", "after!"u8);
        File.SetLastWriteTimeUtc(source["a"], modified);

        var second = await source.BackUpAsync(first);

        Assert.Equal(6, second.BytesRead);
        Assert.Equal("after!"u8.ToArray(), await source.ReadAsync((await source.ListAsync(second))[1]));
    }

    [Fact]
    public async Task BackUp_OfAFileWithAttributes_KeepsThemUnreadAndSeesThemChange()
    {
        using var source = new SourceStage();
        source.Write("a", "same"u8);
        SetAttribute(source["a"], "one"u8);
        var first = await source.BackUpAsync();
        var second = await source.BackUpAsync(first);
        SetAttribute(source["a"], "two"u8);

        var third = await source.BackUpAsync(second);

        Assert.Equal((0L, 4L), (second.BytesRead, third.BytesRead));
        Assert.Equal("one", await AttributeAsync(source, second));
        Assert.Equal("two", await AttributeAsync(source, third));
    }

    private static void SetAttribute(string path, ReadOnlySpan<byte> value) =>
        Assert.Equal(0, Libc.SetAttribute(Encoding.UTF8.GetBytes(path), "user.a"u8, value));

    private static async Task<string> AttributeAsync(SourceStage source, SourceStage.Outcome outcome) =>
        Encoding.UTF8.GetString((await source.ListAsync(outcome))[1].ExtendedAttributes.Single().Value.Span);

    [Fact]
    public async Task BackUp_OfAnotherFileUnderTheSameName_ReadsIt()
    {
        using var source = new SourceStage();
        source.Write("a", "before"u8);
        source.Write("b", "after!"u8);
        File.SetLastWriteTimeUtc(source["b"], File.GetLastWriteTimeUtc(source["a"]));
        var first = await source.BackUpAsync();
        File.Move(source["b"], source["a"], overwrite: true);

        var second = await source.BackUpAsync(first);

        Assert.Equal(6, second.BytesRead);
    }

    [Fact]
    public async Task BackUp_OfAFileThatWasFreshTheLastTime_ReadsItOnceMore()
    {
        using var source = new SourceStage();
        source.Write("a", "same"u8);
        var first = await source.BackUpAsync(startedAt: TimeProvider.System.GetUtcNow() + TreeBackup.Freshness - TimeSpan.FromSeconds(20));

        var second = await source.BackUpAsync(first);
        var third = await source.BackUpAsync(second);

        Assert.True((await source.ListAsync(first))[1].ReadAgain);
        Assert.Equal((4L, 0L), (second.BytesRead, third.BytesRead));
    }

    [Fact]
    public async Task BackUp_OfAnUnchangedFileWhoseChunkIsLost_ReadsAndStoresItAgain()
    {
        using var source = new SourceStage();
        source.Write("lost", "lost"u8);
        source.Write("kept", "kept"u8);
        var first = await source.BackUpAsync();
        var lost = (await source.ListAsync(first)).Single(e => e.Path.ToString() == "lost").Content.Refs[0];
        source.IsLost = chunk => chunk == lost;

        var second = await source.BackUpAsync(first);

        Assert.Equal(4, second.BytesRead);
        Assert.Equal([lost], second.Put);
    }

    [Fact]
    public async Task BackUp_OfAnUnchangedFileOfManyChunksOfWhichOneIsLost_ReadsIt()
    {
        using var source = new SourceStage();
        source.Write("large", RandomNumberGenerator.GetBytes(44 << 20));
        var first = await source.BackUpAsync();
        var file = (await source.ListAsync(first))[1];
        Assert.True(file.Content.Depth > 0);
        Assert.Equal(0, (await source.BackUpAsync(first)).BytesRead);
        var last = (await source.ChunksAsync(file))[^1];

        source.IsLost = chunk => chunk == last;
        Assert.Equal(file.Size, (await source.BackUpAsync(first)).BytesRead);
        // A node of the list is a part of the content too.
        source.IsLost = chunk => chunk == file.Content.Refs[0];
        Assert.Equal(file.Size, (await source.BackUpAsync(first)).BytesRead);
    }

    [Fact]
    public async Task BackUp_WhenThePreviousCatalogueIsLost_ReadsEverythingAndSucceeds()
    {
        using var source = new SourceStage();
        source.Write("a", "same"u8);
        var first = await source.BackUpAsync();
        var lost = first with { Root = new CatalogueRoot(0, new ChunkRef(Digest.Of("lost"u8), 100)) };

        var second = await source.BackUpAsync(lost);

        Assert.Equal((4L, first.Root), (second.BytesRead, second.Root));
    }

    [Theory]
    [InlineData("read error")]
    [InlineData("changed while read")]
    [InlineData("to be read again")]
    [InlineData("no identity")]
    [InlineData("device")]
    [InlineData("inode")]
    [InlineData("ctime")]
    [InlineData("mtime")]
    [InlineData("size")]
    [InlineData("type")]
    public void IsUnchanged_WithAnythingThatDiffersOrProvesNothing_IsFalse(string what)
    {
        var walked = File1;
        var identity = walked.Identity!.Value;
        var previous = what switch
        {
            "read error" => walked with { ReadError = 5 },
            "changed while read" => walked with { ChangedWhileRead = true },
            "to be read again" => walked with { ReadAgain = true },
            "no identity" => walked with { Identity = null },
            "device" => walked with { Identity = identity with { Device = new(8, 2) } },
            "inode" => walked with { Identity = identity with { Inode = 8 } },
            "ctime" => walked with { Identity = identity with { ChangedAt = new(100, 6) } },
            "mtime" => walked with { ModifiedAt = new(90, 5) },
            "size" => walked with { Size = 2 },
            _ => walked with { Type = EntryType.Fifo },
        };

        Assert.True(PreviousFiles.IsUnchanged(walked, walked));
        Assert.False(PreviousFiles.IsUnchanged(previous, walked));
        if (what == "no identity")
            Assert.False(PreviousFiles.IsUnchanged(previous, previous));
    }

    [Fact]
    public async Task BackUp_OfAnUnchangedTree_ReadsNothingAndMakesTheSameCatalogue()
    {
        using var source = new SourceStage();
        Directory.CreateDirectory(source["d/e"]);
        for (var i = 0; i < 3000; i++)
            source.Write($"d/{(i % 3 == 0 ? "e/" : "")}f{i}", [(byte)i, (byte)(i >> 8)]);
        source.Write("empty", []);
        WriteSparse(source["sparse"]);
        var first = await source.BackUpAsync();

        var second = await source.BackUpAsync(first);

        Assert.Equal((0L, first.Root), (second.BytesRead, second.Root));
        Assert.Empty(second.Put);
    }

    [Fact]
    public async Task BackUp_OfATreeWithAdditionsAndRemovals_ReadsTheAdditionsOnly()
    {
        using var source = new SourceStage();
        for (var i = 0; i < 3000; i++)
            source.Write($"f{i:0000}", [(byte)i, (byte)(i >> 8), 1]);
        var first = await source.BackUpAsync();
        for (var i = 0; i < 2000; i += 2)
            File.Delete(source[$"f{i:0000}"]);
        source.Write("a-first", "new"u8);
        source.Write("f1000-between", "newer"u8);
        source.Write("z-last", "newest"u8);

        var second = await source.BackUpAsync(first);

        Assert.Equal(3 + 5 + 6, second.BytesRead);
        Assert.Equal(1 + 2000 + 3, (await source.ListAsync(second)).Count);
    }

    private static CatalogueEntry File1 =>
        new()
        {
            Path = new("f"u8.ToArray()),
            Type = EntryType.File,
            Mode = 0b110_100_100,
            Uid = 0,
            Gid = 0,
            ModifiedAt = new(90, 4),
            Identity = new(new(8, 1), 7, new(100, 5)),
            Size = 1,
        };

    private static void WriteSparse(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        RandomAccess.Write(file, "data"u8, 1 << 20);
        RandomAccess.SetLength(file, 3 << 20);
    }
}
