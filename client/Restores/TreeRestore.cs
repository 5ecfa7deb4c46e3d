using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Files.Restore;

namespace RecoveryVault.Restores;

/// <summary>Writes one recovery point, or some paths of it, below a target.</summary>
internal sealed class TreeRestore : IDisposable
{
    private readonly RestoreOptions _options;
    private readonly CatalogueSource _catalogue;
    private readonly TreeWriter _writer;
    private readonly ContentReader<RestoredFile> _content;
    private readonly HashSet<RelativePath> _made = [];
    private RestoredFile? _damaged;

    public TreeRestore(RestoreTarget target, IRestoreChannel channel, RestoreOptions options)
    {
        _options = options;
        _catalogue = new CatalogueSource(channel);
        _writer = new TreeWriter(target, Report);
        _content = new ContentReader<RestoredFile>(channel, WriteAsync);
    }

    public long NeverRead { get; private set; }

    public long Failed { get; private set; }

    public long Damaged { get; private set; }

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

    public void Dispose() => _writer.Dispose();

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
            if (await _catalogue.FindAsync(root, path, cancellation) is null)
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
                _writer.Add(entry);
            var slash = path.Bytes.Span[Math.Min(end + 1, path.Bytes.Length)..].IndexOf((byte)'/');
            end = slash < 0 ? -1 : end + 1 + slash;
        }
    }

    private async Task RestoreAsync(IAsyncEnumerable<CatalogueEntry> entries, CancellationToken cancellation)
    {
        await foreach (var entry in entries.WithCancellation(cancellation))
        {
            _options.Counters.AddEntry();
            if (_writer.Add(entry) is { } file)
                await RestoreContentAsync(file, cancellation);
        }
    }

    private async Task RestoreContentAsync(RestoredFile file, CancellationToken cancellation)
    {
        var length = file.Entry.Content.Length;
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
                await LoseListAsync(file, damage, cancellation);
                return;
            }
            var chunk = chunks.Current;
            await _content.AddAsync(new WantedChunk<RestoredFile>(file, chunk, offset, offset + chunk.Length == length), cancellation);
            offset += chunk.Length;
        }
    }

    /// <summary>
    /// A file's list of chunks is damaged: what was wanted of it is used up, then it is given up like one with a damaged chunk.
    /// </summary>
    private async Task LoseListAsync(RestoredFile file, string code, CancellationToken cancellation)
    {
        await _content.FinishAsync(cancellation);
        Damage(file, code);
        file.Dispose();
    }

    private ValueTask WriteAsync(WantedChunk<RestoredFile> wanted, ChunkContent content)
    {
        if (content.ErrorCode is { } code)
            Damage(wanted.Owner, code);
        else if (wanted.Owner != _damaged)
            wanted.Owner.WriteAt(wanted.Offset, content.Plaintext.Span);
        _options.Counters.AddBytes(wanted.Chunk.Length);
        if (!wanted.IsLast)
            return ValueTask.CompletedTask;
        if (wanted.Owner == _damaged)
            wanted.Owner.Dispose();
        else
            wanted.Owner.Complete();
        return ValueTask.CompletedTask;
    }

    private void Damage(RestoredFile file, string code)
    {
        if (_damaged == file)
            return;
        _damaged = file;
        Damaged++;
        _options.OnDamage?.Invoke(file.Entry.Path, code);
        if (!_options.ContinueOnDamage)
            throw new VaultException(
                code,
                $"'{file.Entry.Path}' cannot be restored: its stored data is damaged.",
                $"{ErrorTable.Find(code)?.Fix} To restore everything else, add --continue-on-damage."
            );
    }

    private void Report(RestoreProblem problem)
    {
        if (problem.Kind == RestoreProblemKind.NeverRead)
            NeverRead++;
        else
            Failed++;
        _options.OnProblem?.Invoke(problem);
    }
}
