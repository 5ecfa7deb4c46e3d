using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;

namespace RecoveryVault.Storage;

/// <summary>
/// The directories of blobs. Before this process acknowledges anything in one, each directory on the way has been synced in its parent by
/// this process: another may have made it and died before its sync. Directories are never removed, so once is enough.
/// </summary>
internal sealed class DurableDirectories(StoreDirectory store)
{
    private const int MaxKnown = 100_000;
    private readonly ConcurrentDictionary<string, bool> _known = [];

    /// <summary>
    /// Opens a directory, made if missing. Publish only with it open and sync it afterwards: a descriptor opened later is not told of an
    /// error that came before.
    /// </summary>
    public SafeFileHandle Open(string path)
    {
        Make(path);
        if (TryOpen(path) is { } directory)
            return directory;
        // Someone outside removed it after this process had made it.
        _known.Clear();
        Make(path);
        return TryOpen(path) ?? throw Vanished();
    }

    private SafeFileHandle? TryOpen(string path)
    {
        using var reached = store.Reach(path);
        return reached is null ? null : Libc.TryOpen(reached.Path);
    }

    private void Make(string path)
    {
        if (path.Length == 0 || _known.ContainsKey(path))
            return;
        using var parent = Open(BlobPath.Parent(path));
        using (var reached = store.Reach(path) ?? throw Vanished())
            Libc.TryMakeDirectory(reached.Path);
        Libc.Fsync(parent);
        if (_known.Count >= MaxKnown)
            _known.Clear();
        _known[path] = true;
    }

    private BlobStoreException Vanished()
    {
        store.RequirePresent();
        return new(BlobError.Unavailable, "A directory of the store was removed while a blob was written to it.");
    }
}
