using RecoveryVault.Catalogues;
using RecoveryVault.Chunking;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Files;
using RecoveryVault.Files.Comparison;
using RecoveryVault.Items;
using RecoveryVault.Jobs;

namespace RecoveryVault.Backups;

/// <summary>
/// Reads one source into one backup session: walks it, cuts and sends content, writes the catalogue. Memory does not grow with files or
/// trees: at any time it holds one directory's names per level, a few chunks and a node of the catalogue per level.
/// </summary>
internal sealed class TreeBackup : IDisposable
{
    /// <summary>
    /// Times younger than that before the backup began are too fresh to tell later whether a file changed: a program may go on writing
    /// through a memory map without a new time until the system writes the pages back, which it does within 35 seconds by default.
    /// </summary>
    internal static readonly TimeSpan Freshness = TimeSpan.FromSeconds(60);

    private readonly BackupOptions _options;
    private readonly PreviousFiles? _previous;
    private readonly FileTime _freshSince;
    private readonly ContentKind _kind;
    private readonly FileWalker _walker;
    private readonly ChunkSender _sender;
    private readonly Chunker _chunker;
    private readonly CatalogueWriter _catalogue;
    private readonly List<JobError> _warnings = [];
    private BackupStatistics _counts = new();
    private RelativePath? _lastUnreadable;

    /// <param name="path">What to read.</param>
    /// <param name="source">What of it.</param>
    /// <param name="channel">Takes what is new.</param>
    /// <param name="options">How.</param>
    /// <param name="startedAt">When it began, by the clock that stamps the source's files; null when nobody will compare times.</param>
    /// <param name="previous">Files whose content need not be read when they look unchanged; null: all are read.</param>
    public TreeBackup(
        string path,
        ItemSource source,
        IBackupChannel channel,
        BackupOptions options,
        DateTimeOffset? startedAt = null,
        PreviousFiles? previous = null
    )
    {
        var walk = new WalkOptions
        {
            Excludes = [.. source.Excludes.Select(GlobPattern.Parse)],
            ExcludeCaches = source.ExcludeCaches,
            OneFileSystem = source.OneFileSystem,
            NeverEnter = options.NeverEnter,
        };
        _options = options;
        (_previous, _kind) = (previous, source.Kind);
        _freshSince = new FileTime((startedAt - Freshness)?.ToUnixTimeSeconds() ?? long.MaxValue, 0);
        _walker = new FileWalker(path, walk, Report);
        _sender = new ChunkSender(channel);
        _chunker = new Chunker(channel.Chunker);
        _catalogue = new CatalogueWriter(_sender.AddNodeAsync);
    }

    /// <summary>What could not be read, the first of it.</summary>
    public IReadOnlyList<JobError> Warnings => _warnings;

    /// <summary>The counts so far.</summary>
    public BackupStatistics Statistics =>
        _counts with
        {
            FilesExcluded = _walker.Excluded.Files + _walker.Excluded.Directories,
            BytesExcluded = _walker.Excluded.Bytes,
            BytesRead = _options.Counters.BytesRead,
        };

    /// <summary>Reads everything and returns the catalogue; all it refers to is stored then.</summary>
    public async Task<CatalogueRoot> RunAsync(CancellationToken cancellation)
    {
        foreach (var walked in _walker.Walk())
        {
            cancellation.ThrowIfCancellationRequested();
            var entry =
                walked.Entry.Type == EntryType.File ? await ReadFileAsync(walked, cancellation) : Recorded(walked, walked.Entry, default);
            Count(entry);
            await _catalogue.AddAsync(entry, cancellation);
        }
        var root = await _catalogue.FinishAsync(cancellation);
        await _sender.FlushAsync(cancellation);
        return root;
    }

    public void Dispose()
    {
        _sender.Dispose();
        _walker.Dispose();
    }

    private async ValueTask<CatalogueEntry> ReadFileAsync(WalkedEntry walked, CancellationToken cancellation)
    {
        if (_previous is not null && await _previous.FindUnchangedAsync(walked.Entry, cancellation) is { } known)
            return Dated(walked.Entry with { Content = known.Content, DataExtents = known.DataExtents });
        if (!walked.TryOpen(out var content, out var problem))
            return Unread(walked, problem);
        using (content)
        using (var digest = _options.Record is null ? null : new ContentDigest())
        {
            content.Digest = digest;
            try
            {
                var entry = Dated(
                    ImageRule.IsImage(content.Entry, _kind)
                        ? await SendImageAsync(content, cancellation)
                        : await SendAsync(content, cancellation)
                );
                if (entry.ChangedWhileRead)
                    _options.OnChanged?.Invoke(entry.Path);
                return Recorded(walked, entry, digest?.Finish(entry.Size) ?? default);
            }
            catch (FileSystemException e)
            {
                return Unread(walked, new WalkProblem(walked.Entry.Path, WalkProblemKind.Unreadable, e.Errno, "reading its content"));
            }
        }
    }

    private async ValueTask<CatalogueEntry> SendAsync(ContentStream content, CancellationToken cancellation)
    {
        if (content.Length == 0)
            return content.Finish();
        var list = new ChunkListWriter(_sender.AddNodeAsync);
        using var cutter = _chunker.Cut(content, content.Length);
        while (await cutter.NextAsync(cancellation) is { } chunk)
        {
            _options.Counters.AddBytes(chunk.Length);
            await list.AddAsync(await _sender.AddAsync(chunk.Buffer, chunk.Length, cancellation), cancellation);
        }
        return content.Finish() with { Content = await list.FinishAsync(cancellation) };
    }

    /// <summary>The holes of an image become zero chunks, so that its pieces stay where they are when holes come and go.</summary>
    private async ValueTask<CatalogueEntry> SendImageAsync(ContentStream content, CancellationToken cancellation)
    {
        var list = new ChunkListWriter(_sender.AddNodeAsync);
        var cutter = new ImageCutter(content);
        while (cutter.Next() is { } piece)
        {
            cancellation.ThrowIfCancellationRequested();
            var chunk = new ChunkRef(default, piece.Length, IsZero: true);
            if (piece.Content is { } read)
            {
                _options.Counters.AddBytes(read.Length);
                chunk = await _sender.AddAsync(read.Buffer, read.Length, cancellation);
            }
            await list.AddAsync(chunk, cancellation);
        }
        return content.Finish() with { DataExtents = null, Content = await list.FinishAsync(cancellation) };
    }

    private CatalogueEntry Dated(CatalogueEntry file) =>
        IsFresh(file.ModifiedAt) || (file.Identity is { } identity && IsFresh(identity.ChangedAt))
            ? file with
            {
                ChangedLately = true,
            }
            : file;

    private bool IsFresh(FileTime time) => time.Seconds >= _freshSince.Seconds;

    private CatalogueEntry Unread(WalkedEntry walked, WalkProblem problem)
    {
        Report(problem);
        return Recorded(walked, walked.Entry with { ReadError = problem.Errno, Content = ChunkList.Empty, DataExtents = null }, default);
    }

    private CatalogueEntry Recorded(WalkedEntry walked, CatalogueEntry entry, Digest content)
    {
        _options.Record?.Append(new RecordedEntry(entry, content, walked.AllocatedBytes));
        return entry;
    }

    private void Count(CatalogueEntry entry)
    {
        _options.Counters.AddEntry();
        _counts = _counts with
        {
            Entries = _counts.Entries + 1,
            Files = _counts.Files + (entry.Type == EntryType.File ? 1 : 0),
            Directories = _counts.Directories + (entry.Type == EntryType.Directory ? 1 : 0),
            SizeBytes = _counts.SizeBytes + entry.Content.Length,
            FilesChanged = _counts.FilesChanged + (entry.ChangedWhileRead ? 1 : 0),
        };
    }

    private void Report(WalkProblem problem)
    {
        _options.OnProblem?.Invoke(problem);
        if (!problem.IsError)
            return;
        // One entry may have several problems: its attributes and its content.
        if (_lastUnreadable != problem.Path)
            _counts = _counts with { FilesUnreadable = _counts.FilesUnreadable + 1 };
        _lastUnreadable = problem.Path;
        if (_warnings.Count < CommitBackup.MaxWarnings)
            _warnings.Add(
                new JobError(
                    ErrorCodes.FilesUnreadable,
                    Shorten(problem.ToString()),
                    ErrorTable.Find(ErrorCodes.FilesUnreadable)?.Fix ?? ""
                )
            );
    }

    /// <summary>A hundred of the longest paths would not fit into a message.</summary>
    private static string Shorten(string text) => text.Length <= 1000 ? text : string.Concat(text.AsSpan(0, 1000), "...");
}
