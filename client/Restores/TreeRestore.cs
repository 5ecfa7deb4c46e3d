using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Files.Restore;

namespace RecoveryVault.Restores;

/// <summary>Writes one recovery point, or some paths of it, below a target.</summary>
internal sealed class TreeRestore : IDisposable
{
    private readonly RestoreOptions _options;
    private readonly ContentKind _kind;
    private readonly CatalogueSource _catalogue;
    private readonly TreeWriter _writer;
    private readonly ContentReader<FileContent> _content;
    private readonly Lock _problems = new();
    private readonly HashSet<RelativePath> _made = [];
    private readonly HashSet<LostEntries> _lost = [];
    private readonly LostDirectories _directories;
    private long _neverRead;
    private long _failed;
    private long _damaged;

    public TreeRestore(RestoreTarget target, IRestoreChannel channel, RestoreOptions options, ContentKind kind = ContentKind.Tree)
    {
        (_options, _kind) = (options, kind);
        _catalogue = new CatalogueSource(channel, options.ContinueOnDamage ? Lose : null);
        _directories = new LostDirectories(MakeLost);
        _writer = new TreeWriter(target, Report);
        _content = new ContentReader<FileContent>(channel, WriteAsync);
    }

    public long NeverRead => Interlocked.Read(ref _neverRead);

    public long Failed => Interlocked.Read(ref _failed);

    public long Damaged => Interlocked.Read(ref _damaged);

    /// <summary>Stretches of the catalogue that cannot be read.</summary>
    public long Lost => _lost.Count;

    public RestoreNotes Notes => _writer.Notes;

    /// <exception cref="VaultException">PathNotFound, a damage code, RestoreIncomplete is the caller's to judge.</exception>
    public async Task RunAsync(CatalogueRoot root, CancellationToken cancellation)
    {
        try
        {
            if (_options.Include.Count == 0)
                await RestoreAsync(_catalogue.ReadAsync(root, RelativePath.Root, cancellation), cancellation);
            else
                await RestoreIncludedAsync(root, cancellation);
            await _content.FinishAsync(cancellation);
        }
        catch
        {
            await _content.StopAsync();
            throw;
        }
        _writer.Finish();
    }

    public void Dispose()
    {
        _content.Dispose();
        _writer.Dispose();
    }

    /// <summary>
    /// In walk order and each entry once, whatever order and overlap the paths were given in; the directories leading to them come first.
    /// </summary>
    private async Task RestoreIncludedAsync(CatalogueRoot root, CancellationToken cancellation)
    {
        var paths = new List<RelativePath>();
        foreach (var path in _options.Include.Order())
        {
            if (paths is [.., var covered] && path.IsWithin(covered))
                continue;
            if (await _catalogue.FindAsync(root, path, cancellation) is null && !_lost.Any(lost => lost.MayHold(path)))
                throw new VaultException(ErrorCodes.PathNotFound, $"The recovery point has no path '{path}'; nothing was restored.");
            paths.Add(path);
        }
        foreach (var path in paths)
        {
            await RestoreAncestorsAsync(root, path, cancellation);
            await RestoreAsync(_catalogue.ReadAsync(root, path, cancellation), cancellation);
        }
    }

    private async Task RestoreAncestorsAsync(CatalogueRoot root, RelativePath path, CancellationToken cancellation)
    {
        for (var end = path.IsRoot ? -1 : 0; end >= 0; )
        {
            var ancestor = new RelativePath(path.Bytes[..end]);
            if (_made.Add(ancestor) && await _catalogue.FindAsync(root, ancestor, cancellation) is { } entry)
                Add(entry);
            var slash = path.Bytes.Span[Math.Min(end + 1, path.Bytes.Length)..].IndexOf((byte)'/');
            end = slash < 0 ? -1 : end + 1 + slash;
        }
    }

    private async Task RestoreAsync(IAsyncEnumerable<CatalogueEntry> entries, CancellationToken cancellation)
    {
        await foreach (var entry in entries.WithCancellation(cancellation))
        {
            _options.Counters.AddEntry();
            if (Add(entry) is { } file)
                await RestoreContentAsync(file, cancellation);
        }
    }

    private RestoredFile? Add(CatalogueEntry entry)
    {
        _directories.Reach(entry, isLossy: _lost.Count > 0);
        return _writer.Add(entry);
    }

    private void Lose(LostEntries lost)
    {
        if (!_lost.Add(lost))
            return;
        lock (_problems)
            _options.OnLost?.Invoke(lost);
    }

    /// <summary>A directory of which only the path is known, from what lies in it.</summary>
    private void MakeLost(CatalogueEntry directory)
    {
        _writer.Add(directory);
        Report(new(directory.Path, RestoreProblemKind.Incomplete, 0, "its own entry is lost: made for its owner only"));
    }

    private async Task RestoreContentAsync(RestoredFile file, CancellationToken cancellation)
    {
        var content = new FileContent(file, ImageRule.IsImage(file.Entry, _kind));
        var offset = 0L;
        await using var chunks = _catalogue.ReadContentAsync(file.Entry, cancellation).GetAsyncEnumerator(cancellation);
        while (true)
        {
            string? damage = null;
            try
            {
                if (!await chunks.MoveNextAsync())
                    return;
            }
            catch (VaultException e) when (CatalogueSource.IsDamage(e.Code))
            {
                damage = e.Code;
            }
            if (damage is not null)
            {
                await LoseListAsync(content, damage, cancellation);
                return;
            }
            var chunk = chunks.Current;
            await _content.AddAsync(new WantedChunk<FileContent>(content, chunk, offset), cancellation);
            offset += chunk.Length;
        }
    }

    /// <summary>
    /// A file's list of chunks is damaged: what was wanted of it is used up, then it is given up like one with a damaged chunk.
    /// </summary>
    private async Task LoseListAsync(FileContent content, string code, CancellationToken cancellation)
    {
        await _content.FinishAsync(cancellation);
        Damage(content, code);
        content.File.Dispose();
    }

    private async ValueTask WriteAsync(WantedChunk<FileContent> wanted, ChunkContent content)
    {
        var file = wanted.Owner.File;
        if (content.ErrorCode is { } code)
            Damage(wanted.Owner, code);
        else if (wanted.Chunk.IsZero && wanted.Owner.HasHoles)
            file.LeaveHole(wanted.Chunk.Length);
        else if (!wanted.Owner.IsDamaged)
            await wanted.Owner.WriteAsync(wanted.Offset, content.Plaintext);
        _options.Counters.AddBytes(wanted.Chunk.Length);
        if (!wanted.Owner.TakeLast(wanted.Chunk.Length))
            return;
        if (wanted.Owner.IsDamaged)
            file.Dispose();
        else
            file.Complete();
    }

    private void Damage(FileContent content, string code)
    {
        if (!content.TryDamage())
            return;
        Interlocked.Increment(ref _damaged);
        var path = content.File.Entry.Path;
        lock (_problems)
            _options.OnDamage?.Invoke(path, code);
        if (!_options.ContinueOnDamage)
            throw new VaultException(
                code,
                $"'{path}' cannot be restored: its stored data is damaged.",
                $"{ErrorTable.Find(code)?.Fix} To restore everything else, add --continue-on-damage."
            );
    }

    private void Report(RestoreProblem problem)
    {
        Interlocked.Increment(ref problem.Kind == RestoreProblemKind.NeverRead ? ref _neverRead : ref _failed);
        lock (_problems)
            _options.OnProblem?.Invoke(problem);
    }

    /// <summary>What is still to come of a file's content. Safe for concurrent use.</summary>
    /// <param name="hasHoles">Of an image nobody knows which zeros were holes: all become holes, which is what images are kept for.</param>
    private sealed class FileContent(RestoredFile file, bool hasHoles)
    {
        /// <summary>Bytes: below, the file's chunks come in a read or two.</summary>
        private const long LongFrom = 16 << 20;

        // Nobody asks for its wait handle: there is nothing to dispose.
        private readonly SemaphoreSlim? _turn = file.Entry.Content.Length >= LongFrom ? new(1) : null;
        private long _left = file.Entry.Content.Length;
        private int _isDamaged;

        public RestoredFile File => file;

        public bool HasHoles => hasHoles;

        public bool IsDamaged => Volatile.Read(ref _isDamaged) != 0;

        public bool TryDamage() => Interlocked.Exchange(ref _isDamaged, 1) == 0;

        /// <summary>
        /// Writes to a long file one chunk at a time: the system lets only one in, and a thread that waits there keeps a processor busy
        /// which could open the next chunk.
        /// </summary>
        public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> content)
        {
            if (_turn is not null)
                await _turn.WaitAsync();
            try
            {
                file.WriteAt(offset, content.Span);
            }
            finally
            {
                _turn?.Release();
            }
        }

        /// <summary>True for the one that was the last to come.</summary>
        public bool TakeLast(int length) => Interlocked.Add(ref _left, -length) == 0;
    }
}
