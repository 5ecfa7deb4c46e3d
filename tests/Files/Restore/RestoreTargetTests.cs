using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Files.Native;
using RecoveryVault.Files.Restore;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Files.Restore;

/// <summary>What is refused, and that a restore without a first file leaves everything as it was.</summary>
public sealed class RestoreTargetTests : IDisposable
{
    private readonly RawTree _tree = new();
    private readonly List<RestoreProblem> _problems = [];

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData("", ErrorCodes.TargetUnwritable)]
    [InlineData("a\0b", ErrorCodes.TargetUnwritable)]
    [InlineData("file", ErrorCodes.TargetNotDirectory)]
    [InlineData("file/below", ErrorCodes.TargetNotDirectory)]
    [InlineData("full", ErrorCodes.TargetNotEmpty)]
    [InlineData("dangling", ErrorCodes.TargetUnwritable)]
    public void Prepare_BadTarget_IsRefusedAndNothingChanges(string target, string code)
    {
        _tree.Text("file", "x").Folder("full").Text("full/f", "x").Symlink("dangling", "nowhere/deep");
        var before = Listing();
        var path = target.Length == 0 || target.Contains('\0', StringComparison.Ordinal) ? target : _tree[target];

        var refusal = Assert.Throws<VaultException>(() => RestoreTarget.Prepare(path, overwrite: false));

        Assert.Equal(code, refusal.Code);
        Assert.Equal(before, Listing());
        Assert.Equal(0, _tree.OpenCount);
    }

    [Fact]
    public void Prepare_FailsAfterMakingAncestors_RemovesThemAgain()
    {
        _tree.Text("file", "x");
        Assert.Throws<VaultException>(() => RestoreTarget.Prepare(_tree["new/a/../../file/x"], overwrite: false));
        Assert.False(_tree.Exists("new"));
    }

    [LinuxRootFact]
    public async Task Prepare_TargetOfAnotherUser_IsRefusedAndNothingChanges()
    {
        _tree.Folder("theirs");
        await Unprivileged.RunAsync(() =>
        {
            foreach (var target in "theirs theirs/new/deeper".Split(' '))
            {
                var refusal = Assert.Throws<VaultException>(() => RestoreTarget.Prepare(_tree[target], overwrite: true));
                Assert.Equal(ErrorCodes.TargetUnwritable, refusal.Code);
            }
        });
        Assert.False(_tree.Exists("theirs/new"));
        Assert.Equal(0, _tree.OpenCount);
    }

    [Fact]
    public void Dispose_NewTargetWithoutAnythingRestored_IsGoneWithItsAncestors()
    {
        RestoreTarget.Prepare(_tree["a/b/c"], overwrite: false).Dispose();
        Assert.False(_tree.Exists("a"));
    }

    [Fact]
    public void Dispose_WriterOfANewTargetWithDirectoriesOnly_LeavesNothing()
    {
        using (var writer = Writer("a/b/c"))
        {
            writer.Add(Folder("", 0x1ED));
            writer.Add(Folder("d", 0));
            writer.Add(Folder("d/e", 0));
            writer.Add(Folder("f", 0));
            Assert.True(_tree.Exists("a/b/c/d/e"));
        }
        Assert.False(_tree.Exists("a"));
        Assert.Equal(0, _tree.OpenCount);
    }

    [Fact]
    public void Dispose_WriterWithAnUnfinishedFile_LeavesNothing()
    {
        using (var writer = Writer("t"))
        {
            writer.Add(Folder("d", 0x1ED));
            var file = writer.Add(File("d/f") with { Size = 3, Content = new(0, 3, [new(default, 3)]) });
            Assert.NotNull(file);
            file.WriteAt(0, "ab"u8);
        }
        Assert.False(_tree.Exists("t"));
        Assert.Equal(0, _tree.OpenCount);
    }

    [Fact]
    public void Dispose_OverwritingWriterBeforeItsFirstFile_LeavesAllAsItWas()
    {
        Occupy();
        var before = Listing();
        using (var writer = Writer("t", overwrite: true))
            AddDirectories(writer);
        Assert.Equal(before, Listing());
        Assert.Equal("content", System.IO.File.ReadAllText(_tree["t/file"]));
        Assert.Equal(0, _tree.OpenCount);
    }

    [LinuxRootFact]
    public async Task Dispose_OverwritingWriterOfAUserBeforeItsFirstFile_LeavesAllAsItWas()
    {
        Occupy();
        foreach (var path in ". t t/file t/closed t/dir t/dir/sub".Split(' '))
            _tree.Owner(path, Unprivileged.User, Unprivileged.User);
        _tree.Time("t/dir", 1000, 1).Time("t", 1000, 2);
        var before = Listing();
        await Unprivileged.RunAsync(() =>
        {
            using var writer = Writer("t", overwrite: true);
            AddDirectories(writer);
        });
        Assert.Equal(before, Listing());
    }

    [Fact]
    public void Add_FirstFileAfterDirectories_SettlesThoseLeftBehind()
    {
        Occupy();
        using (var writer = Writer("t", overwrite: true))
        {
            AddDirectories(writer);
            writer.Add(File("z"));
        }
        // Kept now, though the restore was not finished: what was left behind has its metadata.
        Assert.Equal((EntryType.Directory, 0x16D), (_tree.Stat("t/file").Type, _tree.Stat("t/file").Mode));
        Assert.Equal(new FileTime(1_500_000_000, 77), _tree.Stat("t/dir").ModifiedAt);
        Assert.Equal(["closed", "dir", "file", "new", "z"], Directory.GetFileSystemEntries(_tree["t"]).Select(Path.GetFileName).Order());
        Assert.Empty(_problems);
    }

    [Fact]
    public void Finish_WithAnUnfinishedFile_IsRefused()
    {
        using var writer = Writer("t");
        _ = writer.Add(File("f") with { Size = 3, Content = new(0, 3, [new(default, 3)]) });
        Assert.Throws<InvalidOperationException>(writer.Finish);
    }

    [Fact]
    public void Complete_WithContentMissing_LeavesNoFileAndSaysSo()
    {
        using var writer = Writer("t");
        var file = writer.Add(File("f") with { Size = 3, Content = new(0, 3, [new(default, 3)]) });
        Assert.NotNull(file);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.WriteAt(1, "abc"u8));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.WriteAt(-1, "a"u8));
        file.Complete();
        writer.Finish();

        Assert.Equal((RestoreProblemKind.NotRestored, Errno.EIO), (Assert.Single(_problems).Kind, _problems[0].Errno));
        Assert.Empty(Directory.GetFileSystemEntries(_tree["t"]));
    }

    [Fact]
    public void Add_OverADirectoryThatHoldsSomething_IsReportedAndLeavesIt()
    {
        _tree.Folder("t").Folder("t/f").Text("t/f/mine", "x").Folder("t/g");
        using (var writer = Writer("t", overwrite: true))
        {
            writer.Add(File("f"));
            writer.Add(File("g"));
            writer.Finish();
        }
        Assert.Equal("f", Assert.Single(_problems).Path.ToString());
        Assert.True(_tree.Exists("t/f/mine"));
        Assert.Equal(EntryType.File, _tree.Stat("t/g").Type);
    }

    [Fact]
    public void Add_DirectoryThatCouldNotBeRead_IsMadeAndReportedAsNeverRead()
    {
        using (var writer = Writer("t"))
        {
            writer.Add(Folder("d", 0x1ED) with { ReadError = Errno.EACCES });
            writer.Add(File("f") with { ReadError = Errno.EACCES, Size = 5 });
            writer.Finish();
        }
        Assert.Equal(["d", "f"], _problems.Select(problem => problem.Path.ToString()));
        Assert.All(_problems, problem => Assert.Equal(RestoreProblemKind.NeverRead, problem.Kind));
        Assert.True(_tree.Exists("t/d"));
        Assert.False(_tree.Exists("t/f"));
    }

    [Fact]
    public void HardLink_FirstNameCouldNotBeMade_NextNameIsRestoredOfItself()
    {
        _tree.Folder("t").Folder("t/f").Text("t/f/mine", "x");
        var identity = new FileIdentity(new(1, 1), 42, default);
        using (var writer = Writer("t", overwrite: true))
        {
            foreach (var name in "f g h".Split(' '))
                writer.Add(File(name) with { IsHardLinked = true, Identity = identity });
            writer.Finish();
        }
        Assert.Equal("f", Assert.Single(_problems).Path.ToString());
        Assert.Equal(_tree.Stat("t/g").Id, _tree.Stat("t/h").Id);
    }

    /// <summary>A target with a file where a directory comes, a closed directory and a full one, all with old times.</summary>
    private void Occupy()
    {
        _tree.Folder("t").Text("t/file", "content").Folder("t/closed", 0x100).Folder("t/dir").Folder("t/dir/sub");
        foreach (var path in "t/dir/sub t/dir t/closed t/file t".Split(' '))
            _tree.Time(path, 1_000_000_000, 123);
        _tree.Attribute("t/dir", "user.mine", "x"u8);
    }

    private static void AddDirectories(TreeWriter writer)
    {
        writer.Add(Folder("", 0x1C0));
        writer.Add(Folder("closed", 0));
        writer.Add(Folder("closed/new", 0));
        writer.Add(Folder("dir", 0x1C0));
        writer.Add(Folder("dir/new", 0x16D));
        writer.Add(Folder("dir/sub", 0));
        writer.Add(Folder("file", 0x16D));
        writer.Add(Folder("file/new", 0x16D));
        writer.Add(Folder("new", 0));
    }

    private TreeWriter Writer(string target, bool overwrite = false) => new(RestoreTarget.Prepare(_tree[target], overwrite), _problems.Add);

    /// <summary>Kind, mode, time, attributes and place of everything in the tree.</summary>
    private List<string> Listing()
    {
        using var walker = new RecoveryVault.Files.FileWalker(_tree.Root, new(), problem => Assert.Fail(problem.ToString()));
        return
        [
            .. walker
                .Walk()
                .Select(walked => walked.Entry)
                .Select(entry =>
                    $"{entry.Path} {entry.Type} {entry.Mode:x} {entry.ModifiedAt} {entry.ExtendedAttributes.Length} {entry.Identity?.Inode}"
                ),
        ];
    }

    private static CatalogueEntry Folder(string path, int mode) => File(path) with { Type = EntryType.Directory, Mode = mode };

    private static CatalogueEntry File(string path) =>
        new()
        {
            Path = RelativePath.FromText(path),
            Type = EntryType.File,
            Mode = 0x1A4,
            Uid = Libc.EffectiveUser(),
            Gid = Libc.EffectiveUser(),
            ModifiedAt = new(1_500_000_000, 77),
        };
}
