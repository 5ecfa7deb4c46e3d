using RecoveryVault.Backups;
using RecoveryVault.Streams;
using RecoveryVault.Tests.Files;

namespace RecoveryVault.Tests.Backups;

/// <summary>Alone in the process: others' memory would be counted too.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}

[Collection(AloneCollection.Name)]
public sealed class BackupMemoryTests
{
    /// <summary>What is alive after a collection in the middle of a large file and of a large tree, against a small one.</summary>
    [Fact]
    public async Task BackUp_LargeFileAndLargeTree_HoldsNoMoreThanASmallOne()
    {
        using var small = new RawTree();
        using var large = new RawTree();
        small.Content("f", new byte[2_000_000]);
        Fill(large, directories: 100, files: 100);
        using (var file = File.Create(large["f"]))
        {
            // Dense: 400 MB, every MB of it different, so that its list of chunks is long as well.
            var block = new byte[1 << 20];
            for (var i = 0; i < 400; i++)
            {
                BitConverter.TryWriteBytes(block, i);
                file.Write(block);
            }
        }

        var (least, most) = (await MostAliveAsync(small), await MostAliveAsync(large));

        Assert.InRange(most - least, long.MinValue, 12L << 20);
    }

    [Fact]
    public async Task BackUp_LongStream_HoldsNoMoreThanAShortOne()
    {
        var (least, most) = (await MostAliveAsync(2), await MostAliveAsync(300));
        Assert.InRange(most - least, long.MinValue, 12L << 20);
    }

    /// <summary>The same for a stream of so many MB.</summary>
    private static async Task<long> MostAliveAsync(int megabytes)
    {
        var (most, calls) = (0L, 0);
        var channel = new MemoryChannel
        {
            Keeps = false,
            OnQuery = () => most = calls++ % 20 == 0 ? Math.Max(most, GC.GetTotalMemory(true)) : most,
        };
        using var backup = new StreamBackup("s", DateTimeOffset.UnixEpoch, channel, new BackupOptions());
        await using var content = CommandOutput.Open(["head", "-c", $"{megabytes}M", "/dev/urandom"], TimeProvider.System);
        await backup.RunAsync(content, CancellationToken.None);
        return most;
    }

    /// <summary>The largest live heap seen when asked at every fiftieth query of the channel.</summary>
    private static async Task<long> MostAliveAsync(RawTree source)
    {
        var most = 0L;
        var calls = 0;
        var channel = new MemoryChannel
        {
            Keeps = false,
            OnQuery = () => most = calls++ % 50 == 0 ? Math.Max(most, GC.GetTotalMemory(true)) : most,
        };
        await new TreePipeline { Channel = channel }.BackUpAsync(source.Root);
        return most;
    }

    private static void Fill(RawTree tree, int directories, int files)
    {
        for (var d = 0; d < directories; d++)
        {
            tree.Folder($"d{d:d3}");
            for (var f = 0; f < files; f++)
                tree.Text($"d{d:d3}/{f:d3}", $"{d} {f}");
        }
    }
}
