using System.Runtime.Versioning;
using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.Files.Comparison;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Files;

namespace RecoveryVault.Tests.Format;

/// <summary>Recovery points that the product made in a store on disk, restored by the independent reader from its files.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class StoredRecoveryPointTests : IAsyncLifetime, IDisposable
{
    /// <summary>What .NET cannot name, .NET cannot remove either.</summary>
    private readonly RawTree _restored = new();

    private StoredRecoveryPoints _store = null!;

    public async Task InitializeAsync() => _store = await StoredRecoveryPoints.CreateAsync();

    public Task DisposeAsync() => _store.DisposeAsync().AsTask();

    public void Dispose() => _restored.Dispose();

    [PythonFact]
    public async Task Restore_WithDeksTheRingDoesNotMean_Fails()
    {
        File.WriteAllText(_store["f"], "content");
        var arguments = await _store.BackUpAsync("item", _store["f"], ContentKind.Tree, new BackupOptions());
        File.WriteAllText(arguments[^1], $$$"""{"deks":{"1":"{{{new string('0', 64)}}}"}}""");

        var (exitCode, _, error) = await RestoreAsync(arguments, "out");

        Assert.Equal(1, exitCode);
        Assert.Contains("DEK 1 is not the one the ring means", error, StringComparison.Ordinal);
    }

    [PythonFact]
    public async Task Restore_OfATree_BringsBackEveryRecoveryPointAsItWas()
    {
        using var source = new RawTree();
        Build(source);
        var first = await BackUpTreeAsync(source.Root, "first", isNew: true);
        source.Remove("letter").Content("letter", ItemStage.Noise(9, 2_000_000)).Text("dir/new", "new").Remove("link");
        var second = await BackUpTreeAsync(source.Root, "second", isNew: false);

        foreach (var (arguments, name) in new[] { (first, "first"), (second, "second") })
        {
            var (exitCode, _, error) = await RestoreAsync(arguments, name);
            Assert.True(exitCode == 0, error);
            Assert.DoesNotContain("not restored", error, StringComparison.Ordinal);
            Assert.Empty(StoredRecoveryPoints.Compare(_store[$"{name}.record"], _restored[name]));
        }
        Assert.Equal(2, Directory.GetFiles(_restored["first"], "hard*").Length);
        Assert.True(File.Exists(_restored["second/dir/new"]));
    }

    [PythonFact]
    public async Task Restore_OfAStream_BringsItsBytes()
    {
        var content = ItemStage.Noise(1, 7_000_000);
        content.AsSpan(1_000_000, 5_000_000).Clear();
        var options = new BackupOptions { OpenStream = () => new MemoryStream(content) };
        var arguments = await _store.BackUpAsync("db.sql", "-", ContentKind.Stream, options);

        var (exitCode, _, error) = await RestoreAsync(arguments, "stream");

        Assert.True(exitCode == 0, error);
        Assert.Equal(content, await File.ReadAllBytesAsync(_restored["stream/db.sql"]));
    }

    [PythonFact]
    public async Task Restore_OfAnImage_BringsItsBytesAndHoles()
    {
        var image = _store["disk.img"];
        using (var file = File.OpenHandle(image, FileMode.CreateNew, FileAccess.Write))
        {
            RandomAccess.Write(file, ItemStage.Noise(2, 5_000_000), 0);
            RandomAccess.Write(file, new byte[9 << 20], 8 << 20);
            RandomAccess.Write(file, ItemStage.Noise(3, 70_000), 40 << 20);
            RandomAccess.SetLength(file, (64 << 20) + 5);
        }
        var arguments = await _store.BackUpAsync("disk", image, ContentKind.Image, new BackupOptions());

        var (exitCode, _, error) = await RestoreAsync(arguments, "image");

        Assert.True(exitCode == 0, error);
        var restored = await File.ReadAllBytesAsync(_restored["image/disk.img"]);
        Assert.True(File.ReadAllBytes(image).AsSpan().SequenceEqual(restored), "The image differs.");
    }

    [PythonFact]
    [Trait("Requirement", "R48")]
    public async Task R48_Restore_WithInfrastructureEncryption_NeedsThePlatformKeyToo()
    {
        await using var store = await StoredRecoveryPoints.CreateAsync(hasSecondLayer: true);
        var content = ItemStage.Noise(7, 3_000_000);
        await File.WriteAllBytesAsync(store["f"], content);
        var arguments = await store.BackUpAsync("item", store["f"], ContentKind.Tree, new BackupOptions());

        var (exitCode, _, error) = await RestoreAsync(arguments, "two-layers");
        Assert.True(exitCode == 0, error);
        Assert.Equal(content, await File.ReadAllBytesAsync(_restored["two-layers/f"]));

        var keys = await File.ReadAllTextAsync(arguments[^1]);
        await File.WriteAllTextAsync(arguments[^1], keys.Replace("platformKeys", "lost", StringComparison.Ordinal));
        (exitCode, _, error) = await RestoreAsync(arguments, "one-layer");
        Assert.Equal(1, exitCode);
        Assert.Contains("platformKeys", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_restored["one-layer"]));
    }

    private async Task<string[]> BackUpTreeAsync(string root, string name, bool isNew)
    {
        using var record = new TreeRecordWriter(_store[$"{name}.record"]);
        var options = new BackupOptions { Record = record };
        return isNew ? await _store.BackUpAsync("tree", root, ContentKind.Tree, options) : await _store.BackUpAgainAsync("tree", options);
    }

    private async Task<(int ExitCode, string Output, string Error)> RestoreAsync(string[] arguments, string name)
    {
        Directory.CreateDirectory(_restored[name]);
        return await IndependentReader.RunAsync(["restore", .. arguments, "--out", _restored[name]]);
    }

    private static void Build(RawTree tree)
    {
        tree.Text("letter", "Dear Anna").Content("zeros", new byte[3_000_000]).Content("noise", ItemStage.Noise(4, 3_000_000));
        tree.Folder("dir").Folder("empty", 0x1C0).Text("\u00ff\u00fe", "not UTF-8").Content("nothing", []);
        tree.Text("hard1", "one file").HardLink("hard2", "hard1").Symlink("link", "letter").Symlink("broken", "\u00ff");
        tree.Sparse("sparse", 1L << 26, (1 << 20, [1, 2, 3]), ((1 << 26) - 4096, new byte[4096])).Node("fifo", EntryType.Fifo);
        tree.Attribute("letter", "user.\u00ff", [1, 0, 2]).Attribute("dir", "user.a", "b"u8).Mode("letter", 0x100);
        for (var i = 0; i < 900; i++)
            tree.Text($"dir/file-{i:d4}-with-a-name-long-enough-for-several-catalogue-nodes", $"{i}");
        tree.Time("link", 13_000_000_000, 1).Time("letter", -5, 6).Time("dir", 1, 2);
    }
}
