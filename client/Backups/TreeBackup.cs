using System.Threading.Channels;
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
/// trees: at any time it holds one directory's names per level, a few chunks and small files, and a node of the catalogue per level.
/// </summary>
internal sealed class TreeBackup : IDisposable
{
    /// <summary>
    /// Times younger than that before the backup began are too fresh to tell later whether a file changed: a program may go on writing
    /// through a memory map without a new time until the system writes the pages back, which it does within 35 seconds by default.
    /// </summary>
    internal static readonly TimeSpan Freshness = TimeSpan.FromSeconds(60);

    /// <summary>How far the walk may be ahead of the catalogue; the small files among them are open.</summary>
    private const int EntriesAhead = 128;

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
    private long _unreadable;
    private RelativePath? _lastUnreadable;
    private readonly Channel<PassingEntry> _passing = Channel.CreateBounded<PassingEntry>(EntriesAhead);

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
            ReadsAttributesOnOpening = true,
        };
        _options = options;
        (_previous, _kind) = (previous, source.Kind);
        _freshSince = new FileTime((startedAt - Freshness)?.ToUnixTimeSeconds() ?? long.MaxValue, 0);
        _walker = new FileWalker(path, walk, ReportWalk);
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
            FilesUnreadable = _unreadable,
            FilesExcluded = _walker.Excluded.Files + _walker.Excluded.Directories,
            BytesExcluded = _walker.Excluded.Bytes,
            BytesRead = _options.Counters.BytesRead,
        };

    /// <summary>Reads everything and returns the catalogue; all it refers to is stored then.</summary>
    public async Task<CatalogueRoot> RunAsync(CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var recording = Task.Run(() => RecordAsync(stop.Token), CancellationToken.None);
        try
        {
            await WalkAsync(recording, stop.Token);
            _passing.Writer.TryComplete();
            await recording;
        }
        catch (ChannelClosedException)
        {
            await recording;
            throw;
        }
        catch
        {
            await stop.CancelAsync();
            await recording.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
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

    /// <summary>Finds entries and opens files; small ones are read beside it, some ahead.</summary>
    private async Task WalkAsync(Task recording, CancellationToken cancellation)
    {
        foreach (var walked in _walker.Walk())
        {
            cancellation.ThrowIfCancellationRequested();
            var entry = walked.Entry.Type == EntryType.File ? await OpenAsync(walked, cancellation) : Pass(walked, walked.Entry);
            try
            {
                await _passing.Writer.WriteAsync(entry, cancellation);
            }
            catch
            {
                await entry.ReleaseAsync();
                throw;
            }
            if (entry.WasRead is { } reading)
                await Task.WhenAny(reading.Task, recording);
        }
    }

    private async ValueTask<PassingEntry> OpenAsync(WalkedEntry walked, CancellationToken cancellation)
    {
        if (_previous is not null && await _previous.FindUnchangedAsync(walked.Entry, cancellation) is { } known)
            return Pass(
                walked,
                // Whoever changes an attribute changes the inode change time as well.
                Dated(
                    walked.Entry with
                    {
                        Content = known.Content,
                        DataExtents = known.DataExtents,
                        ExtendedAttributes = known.ExtendedAttributes,
                    }
                )
            );
        var isOpen = walked.TryOpen(out var content, out var problem);
        var isReported = _lastUnreadable == walked.Entry.Path;
        if (!isOpen || content is null)
            return new PassingEntry(walked) { Problem = problem, IsReported = isReported };
        if (content.Length <= _chunker.MinLength && !ImageRule.IsImage(content, _kind))
            return new PassingEntry(walked)
            {
                IsReported = isReported,
                Small = Task.Run(() => SmallContent.Read(content, _options.Record is not null), CancellationToken.None),
            };
        return new PassingEntry(walked)
        {
            IsReported = isReported,
            Large = content,
            WasRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously),
        };
    }

    private static PassingEntry Pass(WalkedEntry walked, CatalogueEntry entry) => new(walked) { Known = entry };

    /// <summary>Takes the entries in the order of the walk into the catalogue.</summary>
    private async Task RecordAsync(CancellationToken cancellation)
    {
        try
        {
            await foreach (var passing in _passing.Reader.ReadAllAsync(cancellation))
            {
                var entry = await FinishAsync(passing, cancellation);
                Count(entry);
                await _catalogue.AddAsync(entry, cancellation);
            }
        }
        finally
        {
            _passing.Writer.TryComplete();
            while (_passing.Reader.TryRead(out var left))
                await left.ReleaseAsync();
        }
    }

    private async ValueTask<CatalogueEntry> FinishAsync(PassingEntry passing, CancellationToken cancellation)
    {
        if (passing.Known is { } known)
            return Recorded(passing.Walked, known, default);
        if (passing.Problem is { } problem)
            return Unread(passing, problem);
        try
        {
            return passing.Small is { } small
                ? await FinishSmallAsync(passing, await small, cancellation)
                : await SendLargeAsync(passing, cancellation);
        }
        catch (FileSystemException e)
        {
            var path = passing.Walked.Entry.Path;
            return Unread(passing, new WalkProblem(path, WalkProblemKind.Unreadable, e.Errno, "reading its content"));
        }
        finally
        {
            passing.WasRead?.TrySetResult();
        }
    }

    private async ValueTask<CatalogueEntry> FinishSmallAsync(PassingEntry passing, SmallContent small, CancellationToken cancellation)
    {
        if (small.Failure is { } failure)
            throw failure;
        _options.Counters.AddBytes(small.Entry.Content.Length);
        if (small.Plaintext is { } plaintext)
            await _sender.AddAsync(small.Entry.Content.Refs[0], plaintext, cancellation);
        return Read(passing, small.Entry, small.Recorded);
    }

    private async ValueTask<CatalogueEntry> SendLargeAsync(PassingEntry passing, CancellationToken cancellation)
    {
        using var content = passing.Large ?? throw new InvalidOperationException("An entry passes with nothing to finish it by.");
        using var digest = _options.Record is null ? null : new ContentDigest();
        content.Digest = digest;
        var entry = ImageRule.IsImage(content, _kind)
            ? await SendImageAsync(content, cancellation)
            : await SendAsync(content, cancellation);
        return Read(passing, entry, digest?.Finish(entry.Size) ?? default);
    }

    private CatalogueEntry Read(PassingEntry passing, CatalogueEntry read, Digest content)
    {
        var entry = Dated(passing.Judge(read));
        if (entry.ChangedWhileRead)
            _options.OnChanged?.Invoke(entry.Path);
        return Recorded(passing.Walked, entry, content);
    }

    private async ValueTask<CatalogueEntry> SendAsync(ContentStream content, CancellationToken cancellation)
    {
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
        IsFresh(file.ModifiedAt) || (file.Identity is { } identity && IsFresh(identity.ChangedAt)) ? file with { ReadAgain = true } : file;

    private bool IsFresh(FileTime time) => time.Seconds >= _freshSince.Seconds;

    private CatalogueEntry Unread(PassingEntry passing, WalkProblem problem)
    {
        Report(problem, passing.IsReported);
        var walked = passing.Walked;
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

    /// <summary>One entry may have several problems, its attributes and its content: it counts once.</summary>
    private void ReportWalk(WalkProblem problem)
    {
        Report(problem, isCounted: _lastUnreadable == problem.Path);
        if (problem.IsError)
            _lastUnreadable = problem.Path;
    }

    private void Report(WalkProblem problem, bool isCounted)
    {
        lock (_warnings)
        {
            _options.OnProblem?.Invoke(problem);
            if (!problem.IsError)
                return;
            _unreadable += isCounted ? 0 : 1;
            if (_warnings.Count < CommitBackup.MaxWarnings)
                _warnings.Add(
                    new JobError(
                        ErrorCodes.FilesUnreadable,
                        Shorten(problem.ToString()),
                        ErrorTable.Find(ErrorCodes.FilesUnreadable)?.Fix ?? ""
                    )
                );
        }
    }

    /// <summary>A hundred of the longest paths would not fit into a message.</summary>
    private static string Shorten(string text) =>
        text.Length <= CommitBackup.MaxWarningLength ? text : string.Concat(text.AsSpan(0, CommitBackup.MaxWarningLength - 3), "...");
}
