using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.Items;
using RecoveryVault.Restores;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Backups;

/// <summary>A source on disk, backed up again and again through real sessions on a store in memory.</summary>
internal sealed class SourceStage : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly ItemStage _item = new();

    public SourceStage() => Directory.CreateDirectory(Root);

    public string Root => _scratch["source"];

    /// <summary>What the next backup believes lost.</summary>
    public Func<ChunkRef, bool> IsLost { get; set; } = _ => false;

    /// <summary>Files written just now are old then.</summary>
    public static DateTimeOffset Later => TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(1);

    public string this[string path] => Path.Join(Root, path);

    public void Write(string path, ReadOnlySpan<byte> content) => File.WriteAllBytes(this[path], content);

    public async Task<Outcome> BackUpAsync(
        Outcome? previous = null,
        DateTimeOffset? startedAt = null,
        ContentKind kind = ContentKind.Tree,
        string? path = null
    )
    {
        var source = new ItemSource
        {
            Path = path is null ? Root : this[path],
            Host = "here",
            Kind = kind,
        };
        var options = new BackupOptions();
        await using var session = await _item.OpenBackupAsync();
        await using var reading = previous is null ? null : await _item.OpenRestoreAsync();
        var channel = new ForgetfulChannel(session, IsLost);
        await using var files = reading is null ? null : new PreviousFiles(reading, previous!.Root, channel);
        using var backup = new TreeBackup(source.Path, source, channel, options, startedAt ?? Later, files);
        var root = await backup.RunAsync(default);
        await session.FinishAsync();
        return new Outcome(root, options.Counters.BytesRead, [.. channel.Put]);
    }

    public async Task<List<CatalogueEntry>> ListAsync(Outcome outcome)
    {
        await using var session = await _item.OpenRestoreAsync();
        List<CatalogueEntry> entries = [];
        await foreach (var entry in new CatalogueSource(session).ReadAsync(outcome.Root, RelativePath.Root, default))
            entries.Add(entry);
        return entries;
    }

    public async Task<List<ChunkRef>> ChunksAsync(CatalogueEntry file)
    {
        await using var session = await _item.OpenRestoreAsync();
        List<ChunkRef> chunks = [];
        await foreach (var chunk in new CatalogueSource(session).ReadContentAsync(file, default))
            chunks.Add(chunk);
        return chunks;
    }

    /// <summary>The content of a file, its holes and zero chunks included.</summary>
    public async Task<byte[]> ReadAsync(CatalogueEntry file)
    {
        await using var session = await _item.OpenRestoreAsync();
        var (data, error) = await ItemStage.ReadAsync(session, await ChunksAsync(file));
        Assert.Null(error);
        var content = new byte[file.Size];
        var at = 0;
        foreach (var extent in file.DataExtents ?? [new(0, file.Size)])
        {
            data.AsSpan(at, (int)extent.Length).CopyTo(content.AsSpan((int)extent.Offset));
            at += (int)extent.Length;
        }
        return content;
    }

    public void Dispose() => _scratch.Dispose();

    internal sealed record Outcome(CatalogueRoot Root, long BytesRead, HashSet<ChunkRef> Put);
}
