using System.Collections.Immutable;
using System.Text;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Files.Native;
using RecoveryVault.Files.Restore;

namespace RecoveryVault.Tests.Files.Restore;

/// <summary>Whatever stands in the catalogue or in the target: nothing outside the target is made, changed or removed.</summary>
public sealed class RestoreEscapeTests : IDisposable
{
    private readonly RawTree _tree = new();
    private readonly List<RestoreProblem> _problems = [];

    public RestoreEscapeTests() => _tree.Folder("target").Folder("outside").Text("outside/victim", "untouched");

    public void Dispose()
    {
        Assert.Equal("untouched", File.ReadAllText(_tree["outside/victim"]));
        Assert.Equal(
            ["outside/victim"],
            Directory.GetFileSystemEntries(_tree["outside"]).Select(path => Path.GetRelativePath(_tree.Root, path))
        );
        Assert.Equal(["outside", "target"], Directory.GetFileSystemEntries(_tree.Root).Select(path => Path.GetFileName(path)).Order());
        Assert.Equal(0, _tree.OpenCount);
        _tree.Dispose();
    }

    [Theory]
    [InlineData("/etc/x")]
    [InlineData("../outside/x")]
    [InlineData("a/../../outside/x")]
    [InlineData("a/./x")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a//x")]
    [InlineData("a/")]
    [InlineData("a\0b")]
    [InlineData("missing/x")]
    public void Add_PathThatIsNotPlainlyBelow_IsRefused(string path)
    {
        using var writer = Writer();
        writer.Add(Folder(""));
        if (path.StartsWith('a'))
            writer.Add(Folder("a"));

        Assert.Equal(ErrorCodes.UnsafePath, Assert.Throws<VaultException>(() => writer.Add(Empty(path))).Code);
    }

    [Fact]
    public void Add_PathLongerThanACatalogueHolds_IsRefused()
    {
        using var writer = Writer();
        Assert.Equal(ErrorCodes.UnsafePath, Assert.Throws<VaultException>(() => writer.Add(Empty(new string('a', 65_536)))).Code);
    }

    [Fact]
    public void Add_PathsOutOfOrderOrTwice_AreRefused()
    {
        using var writer = Writer();
        writer.Add(Folder("b"));
        Assert.Equal(ErrorCodes.UnsafePath, Assert.Throws<VaultException>(() => writer.Add(Folder("b"))).Code);
        Assert.Equal(ErrorCodes.UnsafePath, Assert.Throws<VaultException>(() => writer.Add(Folder("a"))).Code);
    }

    [Fact]
    public void Add_RootThatIsALink_IsRefused()
    {
        using var writer = Writer();
        Assert.Equal(ErrorCodes.UnsafePath, Assert.Throws<VaultException>(() => writer.Add(Link("", _tree["outside"]))).Code);
    }

    [Fact]
    public void Add_FileBelowARestoredLink_IsRefused()
    {
        using var writer = Writer();
        writer.Add(Link("a", _tree["outside"]));
        Assert.Equal(ErrorCodes.UnsafePath, Assert.Throws<VaultException>(() => writer.Add(Empty("a/x"))).Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Add_BelowAPlantedLink_TakesItsPlaceOrIsReported(bool overwrite)
    {
        using var writer = Writer(overwrite);
        _tree.Symlink("target/a", "../outside");
        writer.Add(Folder("a"));
        writer.Add(Empty("a/victim"));
        writer.Add(Empty("a/x"));
        writer.Finish();

        Assert.Equal(overwrite, _tree.Exists("target/a/x") && _tree.Stat("target/a").Type == EntryType.Directory);
        Assert.Equal(overwrite ? 0 : 3, _problems.Count);
    }

    [Fact]
    public void Add_OverAPlantedLink_ReplacesTheLinkAndNotWhatItLeadsTo()
    {
        _tree.Symlink("target/f", "../outside/victim").HardLink("target/g", "outside/victim");
        using var writer = Writer(overwrite: true);
        writer.Add(Empty("f"));
        writer.Add(Empty("g"));
        writer.Finish();

        Assert.Empty(_problems);
        Assert.Equal(EntryType.File, _tree.Stat("target/f").Type);
        Assert.NotEqual(_tree.Stat("outside/victim").Id, _tree.Stat("target/g").Id);
    }

    [Fact]
    public void Add_DirectorySwappedForALinkMeanwhile_KeepsToTheDirectory()
    {
        using var writer = Writer();
        writer.Add(Folder("a"));
        Directory.Move(_tree["target/a"], _tree["target/moved"]);
        _tree.Symlink("target/a", "../outside");
        writer.Add(Empty("a/x"));
        writer.Finish();

        Assert.True(_tree.Exists("target/moved/x"));
    }

    [Fact]
    public void Add_ClosedDirectorySwappedForALink_IsReportedNotFollowed()
    {
        using var writer = Writer();
        // More directories than stay open: the first ones are found again by name.
        var path = "a";
        writer.Add(Folder(path));
        for (var depth = 0; depth < 200; depth++)
            writer.Add(Folder(path += "/d"));
        Directory.Move(_tree["target/a/d"], _tree["target/moved"]);
        Directory.Move(_tree["target/a"], _tree["target/moved2"]);
        _tree.Symlink("target/a", "../outside");
        writer.Add(Empty("a/x"));
        writer.Finish();

        Assert.Contains(_problems, problem => problem.Path.ToString() == "a/x" && problem.Kind == RestoreProblemKind.NotRestored);
    }

    [Fact]
    public void HardLink_FirstNameSwapped_IsNotLinkedTo()
    {
        using var writer = Writer();
        var identity = new FileIdentity(new(1, 1), 42, default);
        writer.Add(Empty("f") with { IsHardLinked = true, Identity = identity });
        _tree.Remove("target/f").HardLink("target/f", "outside/victim");
        writer.Add(Empty("g") with { IsHardLinked = true, Identity = identity });
        writer.Finish();

        // It could be restored neither as a link nor as a copy, for its source is another file now.
        Assert.NotEmpty(_problems);
        Assert.False(_tree.Exists("target/g") && _tree.Stat("target/g").Id == _tree.Stat("outside/victim").Id);
    }

    [Fact]
    public void Add_EntriesThatLie_AreReportedAndMakeNothing()
    {
        using var writer = Writer();
        var content = new ChunkList(0, 10, [new ChunkRef(default, 10)]);
        writer.Add(Empty("a") with { Size = 5, Content = content });
        writer.Add(Empty("b") with { Size = 20, Content = content, DataExtents = ImmutableArray.Create(new Extent(15, 10)) });
        writer.Add(
            Empty("c") with
            {
                Size = 30,
                Content = content,
                DataExtents = ImmutableArray.Create(new Extent(9, 5), new Extent(0, 5)),
            }
        );
        writer.Add(Link("d", "x\0y"));
        writer.Add(
            Empty("e") with
            {
                Type = EntryType.Socket,
                Device = default,
                ExtendedAttributes = [new("user.\0"u8.ToArray(), default)],
            }
        );
        writer.Finish();

        Assert.Equal(["a", "b", "c", "d", "e"], _problems.Select(problem => problem.Path.ToString()));
        Assert.Equal(["e"], Directory.GetFileSystemEntries(_tree["target"]).Select(path => Path.GetFileName(path)));
    }

    private TreeWriter Writer(bool overwrite = false) => new(RestoreTarget.Prepare(_tree["target"], overwrite), _problems.Add);

    private static CatalogueEntry Folder(string path) => Empty(path) with { Type = EntryType.Directory, Mode = 0x1ED };

    private static CatalogueEntry Link(string path, string target) =>
        Empty(path) with
        {
            Type = EntryType.Symlink,
            LinkTarget = Encoding.UTF8.GetBytes(target),
        };

    private static CatalogueEntry Empty(string path) =>
        new()
        {
            Path = RelativePath.FromText(path),
            Type = EntryType.File,
            Mode = 0x1A4,
            Uid = Libc.EffectiveUser(),
            Gid = 0,
            ModifiedAt = new(1_700_000_000, 5),
        };
}
