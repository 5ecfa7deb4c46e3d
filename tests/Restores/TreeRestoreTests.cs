using System.Text;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Restores;
using RecoveryVault.Tests.Backups;
using RecoveryVault.Tests.Files;

namespace RecoveryVault.Tests.Restores;

public sealed class TreeRestoreTests : IDisposable
{
    private readonly RawTree _source = new("/dev/shm");
    private readonly RawTree _target = new("/dev/shm");
    private readonly TreePipeline _pipeline = new();

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
    }

    [Fact]
    public async Task Restore_OneIncludedPathIsMissing_RestoresNothing()
    {
        _source.Folder("a").Text("a/f", "x").Text("g", "x");
        var root = await _pipeline.BackUpAsync(_source.Root);

        var refusal = await Assert.ThrowsAsync<VaultException>(() => RestoreAsync(root, new() { Target = "" }, "a/f", "g/below", "z"));

        Assert.Equal(ErrorCodes.PathNotFound, refusal.Code);
        Assert.Empty(Entries());
    }

    [Fact]
    public async Task Restore_CatalogueDamagedBeforeTheFirstFile_LeavesNoTarget()
    {
        _source.Folder("a").Text("a/f", "x");
        var root = await _pipeline.BackUpAsync(_source.Root);
        _pipeline.Channel.Damage(root.Node, ErrorCodes.DataBitRot);

        var refusal = await Assert.ThrowsAsync<VaultException>(() => _pipeline.RestoreAsync(root, _target["new/deep"]));

        Assert.Equal(ErrorCodes.DataBitRot, refusal.Code);
        Assert.Empty(Entries());
    }

    [Fact]
    public async Task Restore_FirstFileDamaged_LeavesNoTarget()
    {
        _source.Folder("a").Text("a/f", "damaged").Text("g", "x");
        var root = await _pipeline.BackUpAsync(_source.Root);
        _pipeline.Channel.Damage(ChunkOf("damaged"), ErrorCodes.DataMissing);

        var refusal = await Assert.ThrowsAsync<VaultException>(() => _pipeline.RestoreAsync(root, _target["new"]));

        Assert.Equal(ErrorCodes.DataMissing, refusal.Code);
        Assert.Contains("--continue-on-damage", refusal.Recommendation, StringComparison.Ordinal);
        Assert.Empty(Entries());
        Assert.Equal(0, _target.OpenCount);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Restore_ContinueOnDamage_LeavesOutThatFileOnly(bool damageList)
    {
        _source.Text("a", "before").Content("big", Pattern(5_000_000)).Text("z", "after").HardLink("big2", "big");
        var root = await _pipeline.BackUpAsync(_source.Root);
        var big = (await _pipeline.ListAsync(root)).Single(entry => entry.Path.ToString() == "big");
        Assert.True(big.Content.Depth > 0, "The file is too short to have a list.");
        var damaged = damageList ? big.Content.Refs[0] : _pipeline.Channel.Chunks.First(chunk => chunk.Length > 100_000);
        _pipeline.Channel.Damage(damaged, ErrorCodes.DataTampered);

        await RestoreAsync(root, new() { Target = "", ContinueOnDamage = true });

        Assert.Contains(("big", ErrorCodes.DataTampered), _pipeline.Damage);
        Assert.Equal(["a", "z"], Entries());
        Assert.Equal(0, _target.OpenCount);
    }

    [Fact]
    public async Task Restore_Include_BringsThePathItsAncestorsAndWhatLiesBelowOnce()
    {
        _source.Folder("a", 0x1C0).Folder("a/b").Text("a/b/f", "x").Text("a/other", "x").Folder("c").Text("c/g", "x").Text("c-d", "x");
        _source.Time("a", 1000, 1).Time(".", 2000, 2);
        var root = await _pipeline.BackUpAsync(_source.Root);

        await RestoreAsync(root, new() { Target = "" }, "c/g", "a/b", "a/b/f", "a/b");

        Assert.Empty(_pipeline.RestoreProblems);
        Assert.Equal(["a", "a/b", "a/b/f", "c", "c/g"], Entries());
        Assert.Equal((0x1C0, new FileTime(1000, 1)), (_target.Stat("a").Mode, _target.Stat("a").ModifiedAt));
        Assert.Equal(new FileTime(2000, 2), _target.Stat(".").ModifiedAt);
    }

    [Theory]
    [InlineData("a/first")]
    [InlineData("b/second")]
    public async Task Restore_IncludeOfOneOfTwoHardLinks_BringsItsContent(string path)
    {
        _source.Folder("a").Folder("b").Text("a/first", "content").HardLink("b/second", "a/first");
        var root = await _pipeline.BackUpAsync(_source.Root);

        await RestoreAsync(root, new() { Target = "" }, path);

        Assert.Empty(_pipeline.RestoreProblems);
        Assert.Equal("content", await File.ReadAllTextAsync(_target[path]));
        Assert.Equal(1u, _target.Stat(path).Links);
    }

    [Fact]
    public async Task Restore_SingleFile_LandsBelowTheTargetWhichStaysAsItIs()
    {
        _source.Text("f", "content", 0x180);
        _target.Mode(".", 0x1FD);
        var root = await _pipeline.BackUpAsync(_source["f"]);

        await RestoreAsync(root, new() { Target = "" });

        Assert.Equal("content", await File.ReadAllTextAsync(_target["f"]));
        Assert.Equal((0x180, 0x1FD), (_target.Stat("f").Mode, _target.Stat(".").Mode));
    }

    [Fact]
    public async Task Restore_ManySmallFiles_KeepsFewOpen()
    {
        for (var i = 0; i < 3000; i++)
            _source.Text($"{i:d4}", $"content {i}");
        var root = await _pipeline.BackUpAsync(_source.Root);
        var options = new RestoreOptions { Target = "" };

        await RestoreAsync(root, options);

        Assert.Equal(3000, Entries().Count);
        Assert.Equal("content 2999", await File.ReadAllTextAsync(_target["2999"]));
        Assert.Equal(0, _target.OpenCount);
        Assert.Equal(3001, options.Counters.Entries);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Verify_DamagedChunksAndLists_CountsEachFileOnceAndGoesOn(bool readData)
    {
        _source.Text("a", "damaged").Content("big", Pattern(5_000_000)).Content("big2", Pattern(4_999_999)).Text("z", "last");
        var root = await _pipeline.BackUpAsync(_source.Root);
        var big = (await _pipeline.ListAsync(root)).Single(entry => entry.Path.ToString() == "big");
        _pipeline.Channel.Damage(ChunkOf("damaged"), ErrorCodes.DataMissing);
        _pipeline.Channel.Damage(big.Content.Refs[0], ErrorCodes.DataBitRot);
        _pipeline.Channel.Damage(ChunkOf("last"), ErrorCodes.DataTampered);
        var damage = new List<string>();
        var options = new VerifyOptions { ReadData = readData, OnDamage = (path, code) => damage.Add($"{path} {code}") };
        var verification = new TreeVerification(_pipeline.Channel, options);

        await verification.RunAsync(root, CancellationToken.None);

        Assert.Equal(["a DataMissing", "big DataBitRot", "z DataTampered"], damage);
        Assert.Equal(3, verification.Damaged);
        Assert.InRange(_pipeline.Channel.LongestCheck, 0, 1024);
    }

    [Fact]
    public async Task Verify_OneFileOfManyChunks_LooksThemUpInBoundedBatches()
    {
        var pipeline = new TreePipeline { Channel = new MemoryChannel { Chunker = new(64, 256, 256, new byte[32]) } };
        _source.Content("f", Pattern(1_000_000));
        var root = await pipeline.BackUpAsync(_source.Root);

        await new TreeVerification(pipeline.Channel, new()).RunAsync(root, CancellationToken.None);

        Assert.Equal(1024, pipeline.Channel.LongestCheck);
    }

    private Task<RestoreCounters> RestoreAsync(CatalogueRoot root, RestoreOptions options, params string[] include) =>
        _pipeline.RestoreAsync(
            root,
            _target.Root,
            options with
            {
                Target = _target.Root,
                Include = [.. include.Select(RelativePath.FromText)],
            }
        );

    private List<string> Entries() =>
        [
            .. Directory
                .EnumerateFileSystemEntries(_target.Root, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(_target.Root, path))
                .Order(StringComparer.Ordinal),
        ];

    private static ChunkRef ChunkOf(string content)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        return new(Digest.Of(bytes), bytes.Length);
    }

    /// <summary>Bytes that repeat nowhere, so that a file has many chunks.</summary>
    private static byte[] Pattern(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i += 32)
            System
                .Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(i))
                .AsSpan(0, Math.Min(32, length - i))
                .CopyTo(bytes.AsSpan(i));
        return bytes;
    }
}
