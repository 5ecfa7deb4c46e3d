using System.IO.Enumeration;

namespace RecoveryVault.Storage;

/// <summary>
/// One page of a listing: directories are read in the order of the texts their names begin with, only those that can hold a name of the
/// page, and only the page's own files are looked at.
/// </summary>
/// <remarks>
/// A queue, not a walk: <c>a-b</c> lies between <c>a</c> and <c>a/b</c>, and a long segment's directory beside names that sort into it. A
/// name comes out once all that could sort before it are files in the queue.
/// </remarks>
internal sealed class BlobListing(StoreDirectory store, string prefix, string? after, int maxCount)
{
    private readonly PriorityQueue<Entry, string> _queue = new(StringComparer.Ordinal);

    /// <summary>A file and its name, or a directory and the text that all names in it begin with.</summary>
    private readonly record struct Entry(string Path, string Text, bool IsDirectory);

    public BlobPage Read(CancellationToken cancellation)
    {
        List<BlobItem> items = [];
        var start = prefix[..(prefix.LastIndexOf('/') + 1)];
        _queue.Enqueue(new(BlobPath.EncodeDirectory(prefix), start, IsDirectory: true), start);
        var more = false;
        while (!more && _queue.TryDequeue(out var entry, out _))
        {
            cancellation.ThrowIfCancellationRequested();
            if (entry.IsDirectory)
                Expand(entry);
            // Some file systems show a file twice that is replaced meanwhile.
            else if (items.Count > 0 && items[^1].Name == entry.Text)
                continue;
            else if (items.Count == maxCount)
                more = true;
            else if (Look(entry) is { } item)
                items.Add(item);
        }
        store.RequirePresent();
        return new(items, more ? items[^1].Name : null);
    }

    private void Expand(Entry directory)
    {
        using var reached = store.Reach(directory.Path);
        if (reached is null)
            return;
        try
        {
            foreach (var (name, isDirectory) in Children(reached.Path))
                if (name[0] != '.')
                    Add(directory, name, isDirectory);
        }
        catch (DirectoryNotFoundException)
        {
            // Only the prefix's own directory can be missing, or one removed by hand: nothing is in it.
        }
    }

    private void Add(Entry parent, string child, bool isDirectory)
    {
        var text = isDirectory ? BlobPath.DecodeDirectory(parent.Text, child) : BlobPath.DecodeFile(parent.Text, child);
        if (text is null || text.Length > BlobName.MaxLength || !(isDirectory ? MayHold(text) : Wants(text)))
            return;
        var path = parent.Path.Length == 0 ? child : $"{parent.Path}/{child}";
        if (isDirectory || BlobPath.IsPathOf(path, text))
            _queue.Enqueue(new(path, text, isDirectory), text);
    }

    private bool Wants(string name) => name.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(name, after) > 0;

    /// <summary>Whether a wanted name can begin with this text.</summary>
    private bool MayHold(string text) =>
        (text.StartsWith(prefix, StringComparison.Ordinal) || prefix.StartsWith(text, StringComparison.Ordinal))
        && (after is null || string.CompareOrdinal(text, after) > 0 || after.StartsWith(text, StringComparison.Ordinal));

    private BlobItem? Look(Entry entry)
    {
        using var reached = store.Reach(entry.Path);
        if (reached is null)
            return null;
        var file = new FileInfo(reached.Path);
        try
        {
            return new(entry.Text, Math.Max(0, file.Length - BlobFile.HeaderBytes), new DateTimeOffset(file.LastWriteTimeUtc));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static FileSystemEnumerable<(string Name, bool IsDirectory)> Children(string directory) =>
        new(
            directory,
            (ref entry) => (entry.FileName.ToString(), entry.IsDirectory),
            new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false }
        );
}
