using System.Text;
using RecoveryVault.Catalogues;
using RecoveryVault.Files;
using RecoveryVault.Files.Native;
using RecoveryVault.Tests.Backups;

namespace RecoveryVault.Tests.Files;

/// <summary>A source that changes at the worst moment: between the listing of a name, its metadata, its opening and its reading.</summary>
public sealed class ChangingSourceTests : IDisposable
{
    private readonly RawTree _tree = new();
    private readonly List<WalkProblem> _problems = [];

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Walk_FileGoneBeforeItsMetadata_IsANote()
    {
        _tree.Text("a", "x").Text("b", "x");
        var names = WalkNames(at => at == "a", () => _tree.Remove("b"));

        Assert.Equal([".", "a"], names);
        var problem = Assert.Single(_problems);
        Assert.Equal(("b", WalkProblemKind.Vanished, false), (problem.Path.ToString(), problem.Kind, problem.IsError));
    }

    [Fact]
    public void Open_FileGone_IsReported() => Assert.Equal(WalkProblemKind.VanishedBeforeOpen, OpenAfter(() => _tree.Remove("f")).Kind);

    [Fact]
    public void Open_ReplacedByAFifo_DoesNotBlockAndIsReported() =>
        Assert.Equal(WalkProblemKind.Replaced, OpenAfter(() => _tree.Remove("f").Node("f", EntryType.Fifo)).Kind);

    [Fact]
    public void Open_ReplacedByASocket_IsReported() =>
        Assert.Equal(WalkProblemKind.Replaced, OpenAfter(() => _tree.Remove("f").Node("f", EntryType.Socket)).Kind);

    [Fact]
    public void Open_ReplacedByALink_IsNotFollowed()
    {
        var problem = OpenAfter(() => _tree.Remove("f").Symlink("f", "/etc/passwd"));

        Assert.Equal((WalkProblemKind.Replaced, Errno.ELOOP), (problem.Kind, problem.Errno));
    }

    [Fact]
    public void Open_ReplacedByADirectory_IsReported() =>
        Assert.Equal(WalkProblemKind.Replaced, OpenAfter(() => _tree.Remove("f").Folder("f")).Kind);

    [Fact]
    public void Open_ReplacedByAnotherFile_TakesThatOneWhole()
    {
        _tree.Text("f", "old");
        using var walker = new FileWalker(_tree.Root, new(), _problems.Add);
        foreach (var walked in walker.Walk().Where(walked => walked.Entry.Type == EntryType.File))
        {
            // As editors do: write another file, rename it over the old one.
            _tree.Text("g", "the new content", 0x180).Attribute("g", "user.a", "b"u8);
            File.Move(_tree["g"], _tree["f"], overwrite: true);

            Assert.True(walked.TryOpen(out var content, out _));
            using (content)
            {
                Assert.Equal("the new content", new StreamReader(content).ReadToEnd());
                var entry = content.Finish();
                Assert.Equal((15, 0x180, 1), (entry.Size, entry.Mode, entry.ExtendedAttributes.Length));
                Assert.False(entry.ChangedWhileRead);
            }
        }
        Assert.Empty(_problems);
    }

    [Fact]
    public void Walk_DirectoryGoneAfterItWasListed_NotesWhatItHeld()
    {
        _tree.Folder("a").Folder("a/b");
        var names = WalkNames(at => at == "a", () => _tree.RemoveFolder("a/b").RemoveFolder("a"));

        Assert.Equal([".", "a"], names);
        Assert.Equal(("a/b", WalkProblemKind.Vanished), (Assert.Single(_problems).Path.ToString(), _problems[0].Kind));
    }

    [Fact]
    public void Walk_DirectoryMovedAwayWhileItsDescriptorWasClosed_IsReportedNotFollowed()
    {
        DeepTree.Make(_tree, 200, "d");
        _tree.Folder("d/z").Text("d/z/f", "x");
        var far = new RawTree();
        try
        {
            using var walker = new FileWalker(_tree.Root, new(), _problems.Add);
            foreach (var walked in walker.Walk())
            {
                if (walked.Entry.Path.Bytes.Length != (2 * 200) - 1)
                    continue;
                // At the bottom the upper directories are closed; another takes the place of one, which no longer holds the one below.
                Directory.Move(_tree["d/d/d"], far["lower"]);
                Directory.Move(_tree["d/d"], far["upper"]);
                _tree.Folder("d/d").Text("d/d/leaf", "planted").Text("d/d/planted", "x");
            }
        }
        finally
        {
            far.Dispose();
        }
        Assert.Contains(_problems, problem => problem.IsError && problem.Errno == Errno.ESTALE);
        Assert.DoesNotContain(_problems, problem => problem.Path.ToString().EndsWith("planted", StringComparison.Ordinal));
        Assert.Equal(0, _tree.OpenCount);
    }

    [Fact]
    public void ReadLink_Gone_IsANoteWithoutAnEntry()
    {
        _tree.Symlink("l", "target");
        Assert.Null(ReadAfter("l", () => _tree.Remove("l")));
        Assert.Equal(WalkProblemKind.Vanished, Assert.Single(_problems).Kind);
    }

    [Fact]
    public void ReadLink_ReplacedByAFile_IsReportedWithoutAnEntry()
    {
        _tree.Symlink("l", "target");
        Assert.Null(ReadAfter("l", () => _tree.Remove("l").Text("l", "x")));
        Assert.Equal(WalkProblemKind.Replaced, Assert.Single(_problems).Kind);
    }

    [Fact]
    public void Read_FileGrows_EndsWhereItEndedAndIsNoted()
    {
        var entry = ReadWith(new byte[100_000], 50_000, () => Append("f", "more"));

        Assert.True(entry.ChangedWhileRead);
        Assert.Equal(100_000, entry.Size);
    }

    [Fact]
    public void Read_FileShrinks_EndsThereAndIsNoted()
    {
        var entry = ReadWith(new byte[100_000], 10_000, () => Truncate("f", 30_000));

        Assert.True(entry.ChangedWhileRead);
        Assert.Equal(30_000, entry.Size);
    }

    [Fact]
    public void Read_SparseFileShrinks_KeepsExtentsWithinWhatWasRead()
    {
        var data = Enumerable.Repeat((byte)1, 8192).ToArray();
        _tree.Sparse("f", 10 << 20, (0, data), (1 << 20, data), (5 << 20, data));
        var entry = ReadWith(null, 4096, () => Truncate("f", (1 << 20) + 4096));

        Assert.True(entry.ChangedWhileRead);
        Assert.Equal([new(0, 8192), new(1 << 20, 4096)], entry.DataExtents?.ToArray() ?? []);
        Assert.Equal((1 << 20) + 4096, entry.Size);
    }

    [Fact]
    public void Read_TimesChange_IsNoted()
    {
        Assert.True(ReadWith(new byte[10], 5, () => _tree.Time("f", 5, 5)).ChangedWhileRead);
    }

    [Fact]
    public async Task BackUp_FileThatShrinks_StaysAValidCatalogue()
    {
        _tree.Content("f", new byte[300_000]).Text("g", "x");
        var pipeline = new TreePipeline { Channel = new MemoryChannel() };
        var root = await pipeline.BackUpAsync(_tree.Root);
        Assert.Equal(3, (await pipeline.ListAsync(root)).Count);
    }

    private List<string> WalkNames(Func<string, bool> when, Action change)
    {
        var names = new List<string>();
        using var walker = new FileWalker(_tree.Root, new(), _problems.Add);
        foreach (var walked in walker.Walk())
        {
            names.Add(walked.Entry.Path.IsRoot ? "." : walked.Entry.Path.ToString());
            if (when(names[^1]))
                change();
        }
        return names;
    }

    private WalkProblem OpenAfter(Action change)
    {
        _tree.Text("f", "x");
        using var walker = new FileWalker(_tree.Root, new(), _problems.Add);
        var walked = walker.Walk().First(walked => walked.Entry.Type == EntryType.File);
        change();
        Assert.False(walked.TryOpen(out _, out var problem));
        Assert.True(problem.IsError);
        Assert.Empty(_problems);
        return problem;
    }

    private CatalogueEntry? ReadAfter(string name, Action change)
    {
        using var root = _tree.Handle(".");
        var bytes = Encoding.ASCII.GetBytes(name);
        Assert.Equal(0, Libc.Stat(root, bytes, out var stat));
        change();
        return new EntryReader(_problems.Add).Read(new(bytes), root, stat);
    }

    private CatalogueEntry ReadWith(byte[]? content, int before, Action change)
    {
        if (content is not null)
            _tree.Content("f", content);
        using var walker = new FileWalker(_tree.Root, new(), _problems.Add);
        foreach (var walked in walker.Walk().Where(walked => walked.Entry.Type == EntryType.File))
        {
            Assert.True(walked.TryOpen(out var stream, out _));
            using (stream)
            {
                stream.ReadExactly(new byte[before]);
                change();
                stream.CopyTo(Stream.Null);
                return stream.Finish();
            }
        }
        throw new InvalidOperationException("There is no file.");
    }

    private void Append(string name, string text) => File.AppendAllText(_tree[name], text);

    private void Truncate(string name, long size)
    {
        using var file = new FileStream(_tree[name], FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(size);
    }
}
