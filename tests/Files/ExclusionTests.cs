using RecoveryVault.Catalogues;
using RecoveryVault.Files;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Files;

public sealed class ExclusionTests : IDisposable
{
    private const string Signature = "Signature: 8a477f597d28d172789f06886806bc55";
    private readonly RawTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData("Signature: 8a477f597d28d172789f06886806bc5")]
    [InlineData("signature: 8a477f597d28d172789f06886806bc55")]
    [InlineData("")]
    public void ExcludeCaches_OtherContent_IsNoTag(string content)
    {
        _tree.Folder("c").Text("c/CACHEDIR.TAG", content).Text("c/kept", "x");
        Assert.Equal(["", "c", "c/CACHEDIR.TAG", "c/kept"], Walk(new WalkOptions { ExcludeCaches = true }, out var excluded));
        Assert.Equal(default, excluded);
    }

    [Fact]
    public void ExcludeCaches_TagThatIsALinkOrAFifo_IsNoTag()
    {
        _tree.Text("real", Signature).Folder("c").Symlink("c/CACHEDIR.TAG", "../real").Text("c/kept", "x");
        _tree.Folder("d").Node("d/CACHEDIR.TAG", EntryType.Fifo).Text("d/kept", "x");
        Assert.Equal(8, Walk(new WalkOptions { ExcludeCaches = true }, out _).Count);
    }

    [Fact]
    public void ExcludeCaches_TaggedDirectory_KeepsTheTagAndCountsTheRest()
    {
        _tree.Folder("c").Text("c/CACHEDIR.TAG", Signature + "\n# more").Text("c/a", "12345").Folder("c/d").Text("c/d/below", "x");
        Assert.Equal(["", "c", "c/CACHEDIR.TAG"], Walk(new WalkOptions { ExcludeCaches = true }, out var excluded));
        Assert.Equal(new ExcludedCounts(1, 1, 5), excluded);
    }

    [Fact]
    public void ExcludeCaches_NotAsked_KeepsAll()
    {
        _tree.Folder("c").Text("c/CACHEDIR.TAG", Signature).Text("c/a", "x");
        Assert.Equal(4, Walk(new(), out _).Count);
    }

    [Fact]
    public void Excludes_Patterns_LeaveOutWithAllBelowAndCount()
    {
        _tree.Folder("a").Folder("a/cache").Text("a/cache/big", "123").Text("a/cache.txt", "x").Text("a/b.tmp", "12").Text("cache", "1");
        var options = new WalkOptions { Excludes = [GlobPattern.Parse("cache/"), GlobPattern.Parse("*.tmp")] };

        Assert.Equal(["", "a", "a/cache.txt", "cache"], Walk(options, out var excluded));
        Assert.Equal(new ExcludedCounts(1, 1, 2), excluded);
    }

    [Fact]
    public void Excludes_ThatMatchEverything_LeaveTheRoot()
    {
        _tree.Text("a", "x");
        Assert.Equal([""], Walk(new WalkOptions { Excludes = [GlobPattern.Parse("*")] }, out _));
    }

    [Fact]
    public void NeverEnter_TheStoreBelowTheSource_IsLeftOutAndCounted()
    {
        _tree.Folder("store").Text("store/pack", "x").Text("a", "x");
        var options = new WalkOptions { NeverEnter = new HashSet<InodeId> { InodeId.Of(_tree["store"]) } };

        Assert.Equal(["", "a"], Walk(options, out var excluded));
        Assert.Equal(1, excluded.Directories);
    }

    [SmallFileSystemFact]
    public async Task OneFileSystem_AnotherOneBelow_IsKeptEmptyAndCounted()
    {
        _tree.Folder("mount").Text("a", "x");
        await using var child = ChildProcess.StartUnder(
            ["unshare", "-m", "sh", "-c", $"mount -t tmpfs tmpfs {_tree["mount"]} && echo x > {_tree["mount"]}/f && exec \"$@\"", "sh"],
            "walk",
            _tree.Root
        );

        Assert.Equal(["one: ,a,mount 1", "all: ,a,mount,mount/f 0"], await child.ReadToEndAsync());
        await child.RequireSuccessAsync();
    }

    private List<string> Walk(WalkOptions options, out ExcludedCounts excluded)
    {
        using var walker = new FileWalker(_tree.Root, options, problem => Assert.Fail(problem.ToString()));
        var paths = walker.Walk().Select(walked => walked.Entry.Path.ToString()).ToList();
        excluded = walker.Excluded;
        return paths;
    }
}

/// <summary>Walks a source in a child process, within one file system and without that limit.</summary>
internal static class WalkRole
{
    public static async Task WalkAsync(string[] args)
    {
        foreach (var (name, options) in new[] { ("one", new WalkOptions { OneFileSystem = true }), ("all", new WalkOptions()) })
        {
            using var walker = new FileWalker(args[0], options, problem => throw new IOException(problem.ToString()));
            var paths = string.Join(',', walker.Walk().Select(walked => walked.Entry.Path.ToString()));
            await Console.Out.WriteLineAsync($"{name}: {paths} {walker.Excluded.Directories}");
        }
    }
}
