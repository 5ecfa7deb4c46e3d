using RecoveryVault.Catalogues;
using RecoveryVault.Chunking;
using RecoveryVault.DataPath;
using RecoveryVault.Files.Native;
using RecoveryVault.Items;

namespace RecoveryVault.Backups;

/// <summary>
/// Reads one stream into one backup session: its bytes become the one file of the catalogue, as if somebody had saved them to a file just
/// now. Memory does not grow with the stream.
/// </summary>
/// <param name="name">The file's name.</param>
/// <param name="now">The time of the backup.</param>
internal sealed class StreamBackup(string name, DateTimeOffset now, IBackupChannel channel, BackupOptions options) : IDisposable
{
    private const int OwnerOnly = 0x180;
    private readonly ChunkSender _sender = new(channel);

    /// <summary>Reads to the end and returns the catalogue; all it refers to is stored then. A stream that fails leaves none.</summary>
    public async Task<BackupReading> RunAsync(Stream content, CancellationToken cancellation)
    {
        Platform.Require("Backing up a stream");
        options.Counters.AddEntry();
        var catalogue = new CatalogueWriter(_sender.AddNodeAsync);
        var entry = EntryOf(await SendAsync(content, cancellation));
        await catalogue.AddAsync(entry, cancellation);
        var root = await catalogue.FinishAsync(cancellation);
        await _sender.FlushAsync(cancellation);
        var counts = new BackupStatistics
        {
            Entries = 1,
            Files = 1,
            SizeBytes = entry.Size,
            BytesRead = options.Counters.BytesRead,
        };
        return new BackupReading(root, counts, []);
    }

    public void Dispose() => _sender.Dispose();

    private async Task<ChunkList> SendAsync(Stream content, CancellationToken cancellation)
    {
        var list = new ChunkListWriter(_sender.AddNodeAsync);
        using var cutter = new Chunker(channel.Chunker).Cut(content);
        while (await cutter.NextAsync(cancellation) is { } chunk)
        {
            options.Counters.AddBytes(chunk.Length);
            await list.AddAsync(await _sender.AddAsync(chunk.Buffer, chunk.Length, cancellation), cancellation);
        }
        return await list.FinishAsync(cancellation);
    }

    private CatalogueEntry EntryOf(ChunkList content) =>
        new()
        {
            Path = RelativePath.FromText(name),
            Type = EntryType.File,
            Mode = OwnerOnly,
            Uid = Libc.EffectiveUser(),
            Gid = Libc.EffectiveGroup(),
            ModifiedAt = TimeOf(now),
            Size = content.Length,
            Content = content,
        };

    private static FileTime TimeOf(DateTimeOffset time)
    {
        var seconds = time.ToUnixTimeSeconds();
        var ticks = time.UtcTicks - DateTimeOffset.FromUnixTimeSeconds(seconds).UtcTicks;
        return new FileTime(seconds, (int)ticks * (int)TimeSpan.NanosecondsPerTick);
    }
}
