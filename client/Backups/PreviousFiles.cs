using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;

namespace RecoveryVault.Backups;

/// <summary>
/// The files of the previous recovery point, stepped through beside a walk, which comes in the same order. Reads ahead a little, so that
/// one query asks for the chunks of many files whether they are still stored. When the previous recovery point cannot be read any further
/// there is nothing left to compare with: the walk reads everything, and so heals it. Not safe for concurrent use.
/// </summary>
/// <param name="previous">Reads the previous recovery point.</param>
/// <param name="root">Its catalogue.</param>
/// <param name="session">Knows what is still stored.</param>
internal sealed class PreviousFiles(IRestoreChannel previous, CatalogueRoot root, IBackupChannel session) : IAsyncDisposable
{
    private const int FilesAhead = 1024;

    /// <summary>A store that is far away must not be waited for at every node.</summary>
    private const int NodesAhead = 4;

    private readonly Queue<Kept> _ahead = new();
    private readonly List<(ChunkRef Chunk, Kept File)> _query = [];
    private IAsyncEnumerator<CatalogueEntry>? _entries;
    private bool _ended;

    private sealed class Kept(CatalogueEntry entry)
    {
        public CatalogueEntry Entry => entry;

        public bool IsStored { get; set; } = true;
    }

    /// <summary>
    /// The previous entry of a file that is the same by all that can be told without reading it, with everything it refers to stored; null
    /// when it must be read. Paths are asked for in ascending order.
    /// </summary>
    public async ValueTask<CatalogueEntry?> FindUnchangedAsync(CatalogueEntry walked, CancellationToken cancellation)
    {
        while (_ahead.Count > 0 || !_ended)
        {
            while (_ahead.TryPeek(out var kept))
            {
                if (kept.Entry.Path > walked.Path)
                    return null;
                _ahead.Dequeue();
                if (kept.Entry.Path == walked.Path)
                    return kept.IsStored && IsUnchanged(kept.Entry, walked) ? kept.Entry : null;
            }
            await ReadAheadAsync(cancellation);
        }
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_entries is not null)
            await _entries.DisposeAsync();
    }

    /// <summary>
    /// The same inode of the same device, with the same size and times. The inode change time is the one nobody can set; a content that was
    /// not whole, or whose times were too fresh to be trusted, proves nothing.
    /// </summary>
    internal static bool IsUnchanged(CatalogueEntry previous, CatalogueEntry walked) =>
        previous is { Type: EntryType.File, ReadError: 0, ChangedWhileRead: false, ReadAgain: false, Identity: { } identity }
        && walked.Type == EntryType.File
        && walked.Identity == identity
        && walked.Size == previous.Size
        && walked.ModifiedAt == previous.ModifiedAt;

    private async ValueTask ReadAheadAsync(CancellationToken cancellation)
    {
        try
        {
            _entries ??= new CatalogueReader(FetchAsync, null, NodesAhead)
                .ReadAsync(root, default, cancellation)
                .GetAsyncEnumerator(cancellation);
            while (_ahead.Count < FilesAhead && !_ended)
            {
                _ended = !await _entries.MoveNextAsync();
                if (!_ended && _entries.Current is { Type: EntryType.File } file)
                    await KeepAsync(new Kept(file), cancellation);
            }
            await AskAsync(cancellation);
        }
        catch (VaultException)
        {
            // Whatever is not known to be stored is read.
            foreach (var (_, file) in _query)
                file.IsStored = false;
            _query.Clear();
            _ended = true;
        }
    }

    private async ValueTask KeepAsync(Kept kept, CancellationToken cancellation)
    {
        _ahead.Enqueue(kept);
        var content = kept.Entry.Content;
        try
        {
            if (content.Depth > 0)
                await foreach (var chunk in new ChunkListReader(FetchNodeAsync).ReadAsync(content, cancellation))
                    await AskForAsync(chunk, kept, cancellation);
            else
                foreach (var chunk in content.Refs)
                    await AskForAsync(chunk, kept, cancellation);
        }
        catch (VaultException) when (content.Depth > 0)
        {
            // Its list of chunks is damaged: it is read again, the others need not be.
            kept.IsStored = false;
        }

        // The nodes of its list are chunks of the content as well.
        async ValueTask<ReadOnlyMemory<byte>> FetchNodeAsync(ChunkRef node, CancellationToken cancel)
        {
            await AskForAsync(node, kept, cancel);
            return await FetchAsync(node, cancel);
        }
    }

    private ValueTask AskForAsync(ChunkRef chunk, Kept file, CancellationToken cancellation)
    {
        if (chunk.IsZero)
            return ValueTask.CompletedTask;
        _query.Add((chunk, file));
        return _query.Count < IBackupChannel.MaxQuery ? ValueTask.CompletedTask : AskAsync(cancellation);
    }

    private async ValueTask AskAsync(CancellationToken cancellation)
    {
        if (_query.Count == 0)
            return;
        var isNew = await session.FindNewAsync([.. _query.Select(q => q.Chunk)], cancellation);
        for (var i = 0; i < isNew.Length; i++)
            if (isNew[i])
                _query[i].File.IsStored = false;
        _query.Clear();
    }

    private async ValueTask<ReadOnlyMemory<byte>> FetchAsync(ChunkRef chunk, CancellationToken cancellation)
    {
        await foreach (var content in previous.ReadAsync([chunk], cancellation))
        {
            using (content)
            {
                return content.ErrorCode is { } code
                    ? throw new VaultException(code, "A part of the previous recovery point's catalogue cannot be read.")
                    : content.Plaintext.ToArray();
            }
        }
        throw new VaultException(ErrorCodes.SessionLost, "The session ended while the previous recovery point was read.");
    }
}
