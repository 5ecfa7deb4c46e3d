using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Files;
using RecoveryVault.Files.Native;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Files;

public sealed class FileWalkerTests : IDisposable
{
    private readonly RawTree _tree = new();
    private readonly List<WalkProblem> _problems = [];

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("missing")]
    [InlineData("file/below")]
    [InlineData("file/")]
    [InlineData("dangling")]
    public void Open_NoSuchSource_IsRefusedAndNothingStaysOpen(string source)
    {
        _tree.Text("file", "x").Symlink("dangling", "nowhere");
        var path = source.Length == 0 || source.Contains('\0', StringComparison.Ordinal) ? source : _tree[source];

        var refusal = Assert.Throws<VaultException>(() => new FileWalker(path, new(), _problems.Add));

        Assert.Equal(ErrorCodes.SourceNotFound, refusal.Code);
        Assert.Equal(0, _tree.OpenCount);
    }

    [Fact]
    public void Open_LoopOfLinks_IsRefusedAsUnreadable()
    {
        _tree.Symlink("a", "b").Symlink("b", "a");

        var refusal = Assert.Throws<VaultException>(() => new FileWalker(_tree["a"], new(), _problems.Add));

        Assert.Equal(ErrorCodes.SourceUnreadable, refusal.Code);
    }

    [Fact]
    public void Open_TheStoreItself_IsRefusedAndNothingStaysOpen()
    {
        var options = new WalkOptions { NeverEnter = new HashSet<InodeId> { InodeId.Of(_tree.Root) } };

        var refusal = Assert.Throws<VaultException>(() => new FileWalker(_tree.Root, options, _problems.Add));

        Assert.Equal(ErrorCodes.SourceUnreadable, refusal.Code);
        Assert.Equal(0, _tree.OpenCount);
    }

    [LinuxRootFact]
    public async Task Open_SourceOfAnotherUser_IsRefusedAndNothingStaysOpen()
    {
        _tree.Folder("d", 0x1C0).Text("f", "x", 0x180);

        await Unprivileged.RunAsync(() =>
        {
            foreach (var name in "df".Select(letter => $"{letter}"))
            {
                var refusal = Assert.Throws<VaultException>(() => new FileWalker(_tree[name], new(), _problems.Add));
                Assert.Equal(ErrorCodes.SourceUnreadable, refusal.Code);
                Assert.Contains("Permission denied", refusal.Message, StringComparison.Ordinal);
            }
        });

        Assert.Equal(0, _tree.OpenCount);
    }

    [LinuxRootFact]
    public async Task Walk_UnreadableFilesAndDirectories_AreReportedAndClosed()
    {
        _tree.Folder("closed", 0x1C0).Text("closed/below", "x").Folder("listed", 0x1E4).Text("listed/name", "x");
        _tree.Text("secret", "x", 0x180).Text("open", "x");

        await Unprivileged.RunAsync(() =>
        {
            var entries = Walk(_tree.Root, new(), open: true);
            Assert.Equal(["", "closed", "listed", "open", "secret"], entries.Select(entry => entry.Path.ToString()));
            Assert.Equal(Errno.EACCES, entries[1].ReadError);
        });

        Assert.Equal(
            ["closed: Unreadable 13", "listed/name: Unreadable 13", "secret: Unreadable 13"],
            _problems.Select(problem => $"{problem.Path}: {problem.Kind} {problem.Errno}")
        );
        Assert.All(_problems, problem => Assert.True(problem.IsError));
        Assert.Equal(0, _tree.OpenCount);
    }

    [Fact]
    public void Walk_Twice_IsRefused()
    {
        using var walker = new FileWalker(_tree.Root, new(), _problems.Add);
        _ = walker.Walk().Count();
        Assert.Throws<InvalidOperationException>(() => walker.Walk().Count());
    }

    [Fact]
    public void Walk_NamesOfAnyBytes_ComeInByteOrder()
    {
        string[] names = ["\u0001", "\n", "-rf", "a", "a b", "a\u00ff", "\u00c3(", "\u00ff", "\u00ff\u00fe"];
        foreach (var name in names.Reverse())
            _tree.Text(name, "x");

        var entries = Walk(_tree.Root, new());

        Assert.Equal(names, entries.Skip(1).Select(entry => System.Text.Encoding.Latin1.GetString(entry.Path.Bytes.Span)));
    }

    [Fact]
    public void Walk_DirectoryAndItsLongerSibling_ComeInPreOrder()
    {
        // In plain byte order "a-b" would come between "a" and "a/x".
        _tree.Folder("a").Text("a/x", "").Text("a-b", "").Text("a\u0001", "");

        Assert.Equal(["", "a", "a/x", "a\\x01", "a-b"], Walk(_tree.Root, new()).Select(entry => entry.Path.ToString()));
    }

    [Fact]
    public void Walk_DeeperThanAnyPath_ReachesTheBottomWithFewDescriptors()
    {
        const int Depth = 300;
        DeepTree.Make(_tree, Depth, new string('d', 200));

        using var walker = new FileWalker(_tree.Root, new(), _problems.Add);
        var (deepest, most) = (0, 0);
        foreach (var walked in walker.Walk())
        {
            deepest = Math.Max(deepest, walked.Entry.Path.Bytes.Length);
            if (walked.Entry.Type == EntryType.File)
                most = Math.Max(most, _tree.OpenCount);
        }

        Assert.Empty(_problems);
        Assert.True(deepest > 60_000, $"The deepest path has {deepest} bytes.");
        Assert.InRange(most, 1, 70);
    }

    [Fact]
    public void Walk_DeeperThanACatalogueHolds_IsReported()
    {
        DeepTree.Make(_tree, 330, new string('d', 200));

        var entries = Walk(_tree.Root, new());

        var problem = Assert.Single(_problems, problem => problem.Errno == Errno.ENAMETOOLONG && problem.Path.Name[0] == 'd');
        Assert.True(problem.IsError);
        Assert.All(entries, entry => Assert.InRange(entry.Path.Bytes.Length, 0, RelativePath.MaxLength));
        Assert.Equal(0, _tree.OpenCount);
    }

    [Fact]
    public void Walk_ManyEntriesInOneDirectory_AllComeOnceInOrder()
    {
        const int Count = 20_000;
        for (var i = 0; i < Count; i++)
            _tree.Node($"{i:d5}-{new string('n', 249)}", EntryType.Fifo);

        var names = Walk(_tree.Root, new()).Skip(1).Select(entry => entry.Path).ToList();

        Assert.Equal(Count, names.Count);
        Assert.Equal(255, names[0].Bytes.Length);
        Assert.True(names.Zip(names.Skip(1)).All(pair => pair.First < pair.Second));
    }

    [Fact]
    public void Walk_Abandoned_ClosesEverything()
    {
        DeepTree.Make(_tree, 100, "d");
        using (var walker = new FileWalker(_tree.Root, new(), _problems.Add))
        {
            _ = walker.Walk().ElementAt(90);
            Assert.NotEqual(0, _tree.OpenCount);
        }
        Assert.Equal(0, _tree.OpenCount);
    }

    [Fact]
    public void Walk_SingleFile_IsOneEntryUnderItsName()
    {
        _tree.Text("f", "content").Symlink("link", "f");

        Assert.Equal("f", Assert.Single(Walk(_tree["f"], new())).Path.ToString());
        // What the source leads to, under the name it was given.
        var linked = Assert.Single(Walk(_tree["link"], new(), open: true));
        Assert.Equal(("link", EntryType.File), (linked.Path.ToString(), linked.Type));
        Assert.Empty(_problems);
        Assert.Equal(0, _tree.OpenCount);
    }

    [Fact]
    public void Walk_Fifo_NeverBlocks()
    {
        _tree.Node("fifo", EntryType.Fifo).Node("socket", EntryType.Socket);

        Assert.Equal(EntryType.Fifo, Assert.Single(Walk(_tree["fifo"], new())).Type);
        Assert.Equal([EntryType.Directory, EntryType.Fifo, EntryType.Socket], Walk(_tree.Root, new()).Select(entry => entry.Type));
    }

    private List<CatalogueEntry> Walk(string source, WalkOptions options, bool open = false)
    {
        using var walker = new FileWalker(source, options, _problems.Add);
        var entries = new List<CatalogueEntry>();
        foreach (var walked in walker.Walk())
        {
            entries.Add(walked.Entry);
            if (!open || walked.Entry.Type != EntryType.File)
                continue;
            if (walked.TryOpen(out var content, out var problem))
                content.Dispose();
            else
                _problems.Add(problem);
        }
        return entries;
    }
}
