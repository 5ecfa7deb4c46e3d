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
        RelativePath? covered = null;
        foreach (var path in _options.Include.Order())
        {
            if (covered is { } done && path.IsWithin(done))
                continue;
            await RestoreAncestorsAsync(root, path, cancellation);
            if (!await RestoreAsync(_catalogue.ReadAsync(root, path, cancellation), cancellation))
                throw new VaultException(ErrorCodes.PathNotFound, $"The recovery point has no path '{path}'.");
            covered = path;
        }
    }

    private async Task RestoreAncestorsAsync(CatalogueRoot root, RelativePath path, CancellationToken cancellation)
    {
        for (var end = path.IsRoot ? -1 : 0; end >= 0; )
        {
            var ancestor = new RelativePath(path.Bytes[..end]);
            if (_made.Add(ancestor))
            {
                await foreach (var entry in _catalogue.ReadAsync(root, ancestor, cancellation))
                {
                    if (entry.Path == ancestor)
                        _writer.Add(entry);
                    break;
                }
            }
            var slash = path.Bytes.Span[Math.Min(end + 1, path.Bytes.Length)..].IndexOf((byte)'/');
            end = slash < 0 ? -1 : end + 1 + slash;
        }
    }

    private async Task<bool> RestoreAsync(IAsyncEnumerable<CatalogueEntry> entries, CancellationToken cancellation)
    {
        var any = false;
        await foreach (var entry in entries.WithCancellation(cancellation))
        {
            any = true;
            _options.Counters.AddEntry();
            if (_writer.Add(entry) is not { } file)
                continue;
            var offset = 0L;
            await foreach (var chunk in _catalogue.ReadContentAsync(entry, cancellation))
            {
                await _content.AddAsync(
                    new WantedChunk<RestoredFile>(file, chunk, offset, offset + chunk.Length == entry.Content.Length),
                    cancellation
                );
                offset += chunk.Length;
            }
        }
        return any;
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
