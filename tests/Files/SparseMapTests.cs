using RecoveryVault.Catalogues;
using RecoveryVault.Files;
using RecoveryVault.Files.Native;
using RecoveryVault.Tests.Backups;

namespace RecoveryVault.Tests.Files;

public sealed class SparseMapTests : IDisposable
{
    private const long Tera = 1L << 40;
    private static readonly byte[] Block = Enumerable.Repeat((byte)7, 4096).ToArray();
    private readonly RawTree _tree = new("/dev/shm"); // A disk takes its time to sync many pieces.
    private readonly TreePipeline _pipeline = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Find_DenseOrEmptyFile_HasNoMap()
    {
        _tree.Content("dense", new byte[100_000]).Content("empty", []);
        Assert.Null(Find("dense"));
        Assert.Null(Find("empty"));
    }

    [Fact]
    public void Find_OnlyAHole_HasAnEmptyMap()
    {
        _tree.Sparse("f", Tera);
        Assert.Equal([], Find("f"));
    }

    [Fact]
    public void Find_DataBetweenHoles_IsTold()
    {
        _tree.Sparse("f", Tera, (0, Block), (Tera / 2, Block), (Tera - 10, [1, 2, 3]));
        Assert.Equal([new(0, 4096), new(Tera / 2, 4096), new(Tera - 4096, 4096)], Find("f"));
    }

    [Fact]
    public void Find_MoreExtentsThanAnEntryKeeps_JoinsThemAcrossHoles()
    {
        const int Count = SparseMap.MaxExtents + 1000;
        _tree.Sparse("f", Count * 8192L, Enumerable.Range(0, Count).Select(i => (i * 8192L, Block)).ToArray());

        var extents = Find("f") ?? throw new InvalidOperationException("dense");

        Assert.InRange(extents.Count, 1, SparseMap.MaxExtents);
        Assert.Equal(0, extents[0].Offset);
        Assert.Equal(((Count - 1) * 8192L) + 4096, extents[^1].Offset + extents[^1].Length);
    }

    [Fact]
    public async Task RoundTrip_HugeHoles_StayHolesAndAreNeverRead()
    {
        using var target = new RawTree();
        _tree.Sparse("hole", 8 * Tera).Sparse("f", Tera, (4096, Block), (Tera / 2, Block), (Tera - 10, [1, 2, 3]));

        Assert.Empty(await _pipeline.RoundTripAsync(_tree.Root, target.Root));

        Assert.InRange(_pipeline.Channel.BytesPut, 1, 100_000);
        Assert.Equal(8 * Tera, target.Stat("hole").Size);
        Assert.Equal(0, target.Stat("hole").AllocatedBytes);
        Assert.Equal(_tree.Stat("f").AllocatedBytes, target.Stat("f").AllocatedBytes);
    }

    [Fact]
    public async Task RoundTrip_MoreHolesThanAnEntryKeeps_StaysSparse()
    {
        const int Count = SparseMap.MaxExtents + 1000;
        // In memory: a disk takes its time to sync so many pieces.
        using var source = new RawTree("/dev/shm");
        using var target = new RawTree("/dev/shm");
        source.Sparse("f", Count * 8192L, Enumerable.Range(0, Count).Select(i => (i * 8192L, Block)).ToArray());

        Assert.Empty(await _pipeline.RoundTripAsync(source.Root, target.Root));

        Assert.InRange(target.Stat("f").AllocatedBytes, 0, source.Stat("f").AllocatedBytes * 11 / 10);
    }

    [Fact]
    public async Task RoundTrip_DenseZeros_StayAllocated()
    {
        using var target = new RawTree();
        _tree.Content("f", new byte[1 << 20]);

        Assert.Empty(await _pipeline.RoundTripAsync(_tree.Root, target.Root));

        Assert.Equal(_tree.Stat("f").AllocatedBytes, target.Stat("f").AllocatedBytes);
    }

    [Theory]
    [InlineData(1 << 20)]
    [InlineData((8 << 20) + 5)]
    public async Task RoundTrip_ZerosOfAnImage_BecomeHoles(int length)
    {
        using var target = new RawTree("/dev/shm");
        _tree.Content("disk", new byte[length]).Content("mixed", [.. Block, .. new byte[(8 << 20) - 4096], .. new byte[length]]);
        var source = TreePipeline.SourceOf(_tree.Root) with { Kind = ContentKind.Image };

        var root = await _pipeline.BackUpAsync(_tree.Root, source);
        await _pipeline.RestoreAsync(root, target.Root, kind: ContentKind.Image);

        Assert.Empty(_pipeline.RestoreProblems);
        Assert.Equal((length, 0), (target.Stat("disk").Size, target.Stat("disk").AllocatedBytes));
        Assert.Equal(File.ReadAllBytes(_tree["mixed"]), File.ReadAllBytes(target["mixed"]));
        Assert.InRange(target.Stat("mixed").AllocatedBytes, 4096, 4 << 20);
    }

    private List<Extent>? Find(string name)
    {
        using var file =
            Libc.Open(Descriptor.WorkingDirectory, _tree.Full(name), OpenFlags.Read, out var error)
            ?? throw new IOException(Errno.Describe(error));
        Assert.Equal(0, Libc.Stat(file, out var stat));
        return SparseMap.Find(file, stat)?.ToList();
    }
}
