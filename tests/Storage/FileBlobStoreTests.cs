using System.Buffers;
using RecoveryVault.Storage;
using static RecoveryVault.Tests.Storage.BlobContent;

namespace RecoveryVault.Tests.Storage;

/// <summary>
/// What the file store promises beyond <see cref="BlobStoreConformance"/>: its layout, its modes, damage, and a root that goes away.
/// </summary>
public sealed class FileBlobStoreTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly string _root;

    public FileBlobStoreTests() => _root = _scratch["store"];

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Open_NoStoreThere_IsRefusedAndMakesNone()
    {
        await RefusedAsync(BlobError.Unavailable, () => Task.FromResult(new FileBlobStore(_root)));
        Assert.False(Directory.Exists(_root));
        Directory.CreateDirectory(_root);
        var error = await RefusedAsync(BlobError.Unavailable, () => Task.FromResult(new FileBlobStore(_root)));
        Assert.Contains("mounted", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_root));
    }

    [Fact]
    public async Task Open_AnotherLayout_IsRefused()
    {
        Create();
        await File.WriteAllTextAsync(Path.Join(_root, ".rvault/layout"), "recoveryvault file store, layout 2\n");
        var error = await RefusedAsync(BlobError.Unavailable, () => Task.FromResult(new FileBlobStore(_root)));
        Assert.Contains("layout 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_StoreMadeElsewhere_IsTheSameStore()
    {
        var store = Create();
        var etag = await store.PutTextAsync("a/b", "x");
        Directory.Move(_root, _scratch["moved"]);
        foreach (var reserved in new[] { "tmp", "locks" })
            Directory.Delete(_scratch[$"moved/.rvault/{reserved}"], recursive: true);
        var moved = new FileBlobStore(_scratch["moved"]);
        Assert.Equal(etag, (await moved.GetAsync("a/b"))?.ETag);
        await moved.PutTextAsync("a/b", "y", PutCondition.IfMatch(etag));
        Assert.Equal("y", await moved.GetTextAsync("a/b"));
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("empty")]
    public async Task AnyCall_RootHasVanished_IsUnavailableAndNeverAnEmptyAnswer(string how)
    {
        var store = Create();
        await store.PutTextAsync("a/b", "x");
        Directory.Move(_root, _scratch["elsewhere"]);
        if (how == "empty")
            Directory.CreateDirectory(_root);
        await RefusedAsync(BlobError.Unavailable, () => store.GetAsync("a/b"));
        await RefusedAsync(BlobError.Unavailable, () => store.GetAsync("never"));
        await RefusedAsync(BlobError.Unavailable, () => store.ReadAsync("a/b", 0, new byte[1]));
        await RefusedAsync(BlobError.Unavailable, () => store.DeleteAsync("a/b"));
        await RefusedAsync(BlobError.Unavailable, () => store.ListAsync(""));
        await RefusedAsync(BlobError.Unavailable, () => store.ListAsync("a/"));
        foreach (
            var condition in new[] { PutCondition.Always, PutCondition.IfAbsent, PutCondition.IfPresent, PutCondition.IfMatch("\"x\"") }
        )
            await RefusedAsync(BlobError.Unavailable, () => store.PutTextAsync("a/b", "y", condition));
        Assert.True(
            how == "gone" ? !Directory.Exists(_root) : !Directory.EnumerateFileSystemEntries(_root).Any(),
            "something was made where the store was"
        );
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(66)]
    [InlineData(68)]
    public async Task Get_FileOfAnotherLength_IsDamaged(int length)
    {
        var store = Create();
        var etag = await store.PutTextAsync("a", "abc");
        using (var file = File.Open(Path.Join(_root, "a.b"), FileMode.Open))
            file.SetLength(length);
        await RequireDamagedAsync(store, "a", etag);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(24)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(63)]
    public async Task Get_HeaderNotOurs_IsDamaged(int at)
    {
        var store = Create();
        var etag = await store.PutTextAsync("a", "abc");
        var path = Path.Join(_root, "a.b");
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[at] ^= 0x80;
        await File.WriteAllBytesAsync(path, bytes);
        await RequireDamagedAsync(store, "a", etag);
    }

    [Fact]
    public async Task Get_LongerThanIsReadWhole_IsRefusedBeforeMemoryIsTaken()
    {
        var store = Create();
        await store.PutTextAsync("a", "");
        var length = BlobFile.MaxWholeBytes + 1;
        using (var file = File.Open(Path.Join(_root, "a.b"), FileMode.Open))
        {
            file.SetLength(BlobFile.HeaderBytes + length);
            file.Position = 24;
            file.Write(BitConverter.GetBytes(length));
        }
        await RefusedAsync(BlobError.Damaged, () => store.GetAsync("a"));
        Assert.Equal(3, await store.ReadAsync("a", length - 3, new byte[10]));
    }

    [Fact]
    public async Task Put_AnyBlob_HasTheFrozenForm()
    {
        var store = Create();
        var etag = await store.PutTextAsync("Dir/x.y", "abc");
        var bytes = await File.ReadAllBytesAsync(Path.Join(_root, "%44ir/x.y"));
        Assert.Equal($"\"{Convert.ToHexStringLower(bytes.AsSpan(8, 16))}\"", etag);
        Assert.Equal(
            "5256424C4F42310A" + new string('0', 32) + "0300000000000000" + new string('0', 64) + "616263",
            Convert.ToHexString([.. bytes.AsSpan(0, 8), .. new byte[16], .. bytes.AsSpan(24)])
        );
    }

    [Fact]
    public async Task Put_FilesAndDirectories_AreTheOwnersOnly()
    {
        await Create().PutTextAsync("a/b", "x", PutCondition.Always);
        await Create().PutTextAsync("a/c", "x", PutCondition.IfAbsent);
        var paths = Directory
            .EnumerateFileSystemEntries(_root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Append(_root);
        foreach (var path in paths)
        {
            if (!OperatingSystem.IsWindows())
                Assert.Equal(Directory.Exists(path) ? "700" : "600", Convert.ToString((int)File.GetUnixFileMode(path), 8));
        }
    }

    [Fact]
    public async Task Put_WhateverHappened_LeavesNoTemporaryFile()
    {
        var store = Create();
        var etag = await store.PutTextAsync("a", "1", PutCondition.IfAbsent);
        await store.PutTextAsync("a", "2", PutCondition.IfMatch(etag));
        await RefusedAsync(BlobError.PreconditionFailed, () => store.PutTextAsync("a", "3", PutCondition.IfMatch(etag)));
        await RefusedAsync(BlobError.PreconditionFailed, () => store.PutTextAsync("a", "3", PutCondition.IfAbsent));
        Directory.CreateDirectory(Path.Join(_root, "d.b"));
        await RefusedAsync(BlobError.Unavailable, () => store.PutTextAsync("d", "3", PutCondition.Always));
        Assert.Empty(Directory.EnumerateFiles(Path.Join(_root, ".rvault/tmp")));
    }

    [Fact]
    public async Task Put_TemporaryFilesOfOthers_GoWhenTheirWriterIsDeadAndNotBefore()
    {
        await Create().PutTextAsync("a", "1");
        var tmp = Path.Join(_root, ".rvault/tmp");
        await File.WriteAllTextAsync(Path.Join(tmp, "dead"), "left behind");
        using var alive = TempFile.Create(tmp);
        await Create().PutTextAsync("a", "2");
        Assert.Equal([alive.Path], Directory.EnumerateFiles(tmp));
    }

    [Fact]
    public async Task Put_OverADamagedBlob_HealsIt()
    {
        var store = Create();
        await store.PutTextAsync("a", "1");
        await File.WriteAllTextAsync(Path.Join(_root, "a.b"), "rubbish");
        await store.PutTextAsync("a", "2", PutCondition.Always);
        Assert.Equal("2", await store.GetTextAsync("a"));
        await File.WriteAllTextAsync(Path.Join(_root, "a.b"), "rubbish");
        Assert.True(await store.DeleteAsync("a"));
        Assert.Null(await store.GetAsync("a"));
    }

    [Fact]
    public async Task Put_DirectoryRemovedByHand_IsMadeAgain()
    {
        var store = Create();
        await store.PutTextAsync("a/b/c", "1");
        Directory.Delete(Path.Join(_root, "a"), recursive: true);
        await store.PutTextAsync("a/b/c", "2", PutCondition.IfAbsent);
        Assert.Equal("2", await store.GetTextAsync("a/b/c"));
    }

    [Fact]
    public async Task Put_NameHeldByAnotherForTooLong_IsUnavailableAndChangesNothing()
    {
        var store = Create();
        var etag = await store.PutTextAsync("a", "1");
        var impatient = new FileBlobStore(_root, options: new FileBlobStoreOptions { LockTimeout = TimeSpan.FromMilliseconds(20) });
        var locks = new NameLocks(Path.Join(_root, ".rvault/locks"), TimeProvider.System, TimeSpan.FromSeconds(30));
        using (await locks.AcquireAsync(BlobPath.Encode("a"), default))
        {
            await RefusedAsync(BlobError.Unavailable, () => impatient.PutTextAsync("a", "2"));
            await RefusedAsync(BlobError.Unavailable, () => impatient.DeleteAsync("a"));
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                store.PutAsync("a", Of("2"), PutCondition.IfMatch(etag), soon.Token)
            );
        }
        Assert.Equal("1", await impatient.GetTextAsync("a"));
        await impatient.PutTextAsync("a", "2", PutCondition.IfMatch(etag));
    }

    [Fact]
    public async Task List_FilesThatAreNoBlobs_AreNotShown()
    {
        var store = Create();
        await store.PutTextAsync("a", "1");
        foreach (var foreign in new[] { "README", "Notes.txt", "%zz.b", "%0a.b", ".hidden", ".b" })
            await File.WriteAllTextAsync(Path.Join(_root, foreign), "x");
        Directory.CreateDirectory(Path.Join(_root, "lost+found"));
        Directory.CreateDirectory(Path.Join(_root, "CamelCase"));
        await File.WriteAllTextAsync(Path.Join(_root, "CamelCase/x.y"), "x");
        Assert.Equal(["a"], await store.ListNamesAsync());
    }

    [Fact]
    public async Task List_DamagedBlob_IsStillShown()
    {
        var store = Create();
        await store.PutTextAsync("a", "1");
        await File.WriteAllTextAsync(Path.Join(_root, "a.b"), "rubbish");
        Assert.Equal(0, Assert.Single((await store.ListAsync("")).Items).Length);
    }

    [Fact]
    public async Task Put_ManySegments_AreAllWritten()
    {
        var store = Create();
        var first = new TinySegment([0], 0);
        var last = first;
        for (var i = 1; i < 5_000; i++)
            last = last.Append([(byte)i]);
        await store.PutAsync("a", new ReadOnlySequence<byte>(first, 0, last, 1), PutCondition.IfAbsent);
        Assert.Equal(Enumerable.Range(0, 5_000).Select(i => (byte)i), (await store.GetAsync("a"))?.Content.ToArray());
    }

    private FileBlobStore Create() => new(_root, options: new FileBlobStoreOptions { CreateIfMissing = true });

    private static async Task RequireDamagedAsync(FileBlobStore store, string name, string etag)
    {
        await RefusedAsync(BlobError.Damaged, () => store.GetAsync(name));
        await RefusedAsync(BlobError.Damaged, () => store.ReadAsync(name, 0, new byte[1]));
        await RefusedAsync(BlobError.Damaged, () => store.PutTextAsync(name, "new", PutCondition.IfMatch(etag)));
        await RefusedAsync(BlobError.Damaged, () => store.DeleteAsync(name, etag));
        Assert.Equal([name], await store.ListNamesAsync());
    }

    private sealed class TinySegment : ReadOnlySequenceSegment<byte>
    {
        public TinySegment(byte[] memory, long index) => (Memory, RunningIndex) = (memory, index);

        public TinySegment Append(byte[] memory)
        {
            var next = new TinySegment(memory, RunningIndex + 1);
            Next = next;
            return next;
        }
    }
}
