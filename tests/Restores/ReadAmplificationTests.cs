using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Files.Restore;
using RecoveryVault.Items;
using RecoveryVault.Restores;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Storage;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Restores;

/// <summary>How much is read of a store to restore one file of many, counted in bytes.</summary>
public sealed class ReadAmplificationTests(ITestOutputHelper output)
{
    private const int Directories = 100;
    private const int FilesPerDirectory = 1000;
    private const string Wanted = "d042/deep/f0500";

    [Fact]
    public async Task Restore_OneFileOfAHundredThousand_ReadsWhatItNeedsOnceAndLittleMore()
    {
        using var scratch = new ScratchDirectory();
        var metered = new MeteredBlobStore(new MemoryBlobStore());
        var stage = new ItemStage(metered);
        var head = await BackUpAsync(stage);
        metered.Reset();

        await using var session = await stage.OpenRestoreAsync();
        var manifest = await session.ReadManifestAsync(head);
        var overhead = metered.BytesRead + metered.WholeBytesRead;
        var channel = new NotedChannel(session);
        using var target = RestoreTarget.Prepare(scratch["target"], overwrite: false);
        var options = new RestoreOptions { Target = scratch["target"], Include = [RelativePath.FromText(Wanted)] };
        using (var restore = new TreeRestore(target, channel, options))
            await restore.RunAsync(manifest.Catalogue, default);

        var read = metered.BytesRead + metered.WholeBytesRead - overhead;
        Assert.Equal(ContentOf(42, 500), await File.ReadAllBytesAsync(Path.Combine(scratch["target"], Wanted)));
        // The file's chunk, the nodes on the way to it and to each directory above it; each once, as long as it lies in its pack.
        var needed = channel.Asked.Distinct().Sum(c => (long)c.Length);
        var nodes = channel.Asked.Distinct().Count() - 1;
        output.WriteLine($"index and manifest {overhead:n0}; packs {read:n0} for {needed:n0} bytes of content and {nodes} catalogue nodes");
        Assert.InRange(nodes, 2, 8);
        Assert.InRange(read, 1, 2 * needed);
        Assert.Equal(1 + nodes, metered.Reads);
        // The index is read whole: 56 bytes a chunk, and its packs.
        Assert.InRange(overhead, 1, 2 * 60 * Directories * FilesPerDirectory);
    }

    private static async Task<RecoveryPointHead> BackUpAsync(ItemStage stage)
    {
        var slot = new WriterSlot(Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), "me", default);
        stage.Record = stage.Record.TakeSlot(slot, _ => false);
        await using var session = await stage.OpenBackupAsync();
        var catalogue = new CatalogueWriter((node, _) => ItemStage.PutAsync(session, node));
        await catalogue.AddAsync(ItemStage.Entry("", EntryType.Directory));
        for (var d = 0; d < Directories; d++)
        {
            await catalogue.AddAsync(ItemStage.Entry($"d{d:d3}", EntryType.Directory));
            await catalogue.AddAsync(ItemStage.Entry($"d{d:d3}/deep", EntryType.Directory));
            for (var f = 0; f < FilesPerDirectory; f++)
            {
                var content = ContentOf(d, f);
                var chunk = await ItemStage.PutAsync(session, content);
                var file = ItemStage.Entry($"d{d:d3}/deep/f{f:d4}", EntryType.File);
                await catalogue.AddAsync(file with { Size = content.Length, Content = new ChunkList(0, content.Length, [chunk]) });
            }
        }
        var root = await catalogue.FinishAsync();
        await session.FlushAsync(default);
        return await stage.CommitAsync(session, slot, root);
    }

    private static byte[] ContentOf(int directory, int file) => ItemStage.Noise((directory * FilesPerDirectory) + file, 600);

    /// <summary>Notes which chunks are asked for.</summary>
    private sealed class NotedChannel(IRestoreChannel inner) : IRestoreChannel
    {
        private readonly Lock _sync = new();

        public List<ChunkRef> Asked { get; } = [];

        public ValueTask<string?[]> CheckAsync(IReadOnlyList<ChunkRef> chunks, CancellationToken cancellation) =>
            inner.CheckAsync(chunks, cancellation);

        public IAsyncEnumerable<ChunkContent> ReadAsync(IReadOnlyList<ChunkRef> chunks, CancellationToken cancellation)
        {
            lock (_sync)
                Asked.AddRange(chunks);
            return inner.ReadAsync(chunks, cancellation);
        }
    }
}
