using System.Globalization;
using System.Text;

namespace RecoveryVault.Storage;

/// <summary>The directory of a file store: its reserved places, whether it is there, and paths of any length below it.</summary>
internal sealed class StoreDirectory
{
    public const string Reserved = ".rvault";
    private const string LayoutText = "recoveryvault file store, layout 1\n";
    private volatile bool _prepared;

    private StoreDirectory(string root) => Root = Path.GetFullPath(root);

    /// <summary>The absolute path of the store.</summary>
    public string Root { get; }

    /// <summary>Where blobs are written before they get their names; on the same file system.</summary>
    public string Temporary => Path.Join(Root, Reserved, "tmp");

    /// <summary>The lock files of <see cref="NameLocks"/>.</summary>
    public string Locks => Path.Join(Root, Reserved, "locks");

    /// <summary>The lock file of <see cref="StoreLock"/>.</summary>
    public string LockFile => Path.Join(Root, Reserved, "lock");

    private string LayoutFile => Path.Join(Root, Reserved, "layout");

    /// <exception cref="BlobStoreException"><see cref="BlobError.Unavailable"/>: no store is there, or one of another layout.</exception>
    public static StoreDirectory Open(string root)
    {
        Libc.RequireSupported();
        var store = new StoreDirectory(root);
        using var file = Libc.TryOpen(store.LayoutFile) ?? throw store.Missing();
        Span<byte> text = stackalloc byte[LayoutText.Length + 1];
        var layout = Encoding.ASCII.GetString(text[..RandomAccess.Read(file, text, 0)]);
        return layout == LayoutText
            ? store
            : throw new BlobStoreException(
                BlobError.Unavailable,
                $"The store at {store.Root} was not opened: got '{layout.Trim()}', want '{LayoutText.Trim()}'. Use the version that made it."
            );
    }

    /// <summary>Makes a store, durably, unless one is there.</summary>
    public static StoreDirectory OpenOrCreate(string root)
    {
        Libc.RequireSupported();
        var store = new StoreDirectory(root);
        if (!File.Exists(store.LayoutFile))
            store.Create();
        return Open(root);
    }

    /// <summary>
    /// Called where something was not found: throws unless the store itself is there, so that a lost mount is no empty store.
    /// </summary>
    public void RequirePresent()
    {
        using var layout = Libc.TryOpen(LayoutFile);
        if (layout is null)
            throw Missing();
    }

    /// <summary>
    /// The path of something below the root in a form that system calls take: a longer one begins at an open directory. Null when a
    /// directory on the way does not exist.
    /// </summary>
    public ReachedPath? Reach(string path)
    {
        var reached = new ReachedPath(path.Length == 0 ? Root : Path.Join(Root, path), null);
        var nonAscii = Encoding.UTF8.GetByteCount(Root) - Root.Length;
        for (var limit = Libc.MaxPathBytes - nonAscii; reached.Path.Length > limit; limit = Libc.MaxPathBytes)
        {
            using var step = reached;
            var cut = step.Path.LastIndexOf('/', limit);
            if (Libc.TryOpen(step.Path[..cut]) is not { } directory)
                return null;
            reached = new(
                string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{directory.DangerousGetHandle()}{step.Path[cut..]}"),
                directory
            );
        }
        return reached;
    }

    /// <summary>Makes what only writers need, where a copy of the store lost it, and removes what dead writers left.</summary>
    public void PrepareForWrites()
    {
        if (_prepared)
            return;
        Libc.TryMakeDirectory(Temporary);
        Libc.TryMakeDirectory(Locks);
        TempFile.Sweep(Temporary);
        _prepared = true;
    }

    private BlobStoreException Missing() =>
        new(BlobError.Unavailable, $"There is no store at {Root}: {Reserved}/layout is missing. Is the path right, and is it mounted?");

    private void Create()
    {
        var reserved = Path.Join(Root, Reserved);
        MakeDirectories(Temporary);
        MakeDirectories(Locks);
        NameLocks.MakeFiles(Locks);
        Libc.OpenOrCreate(LockFile).Dispose();
        using var file = TempFile.Create(Temporary);
        file.Write([Encoding.ASCII.GetBytes(LayoutText)]);
        Libc.TryLink(file.Path, LayoutFile);
        SyncDirectory(reserved);
    }

    private static void MakeDirectories(string directory)
    {
        if (Directory.Exists(directory))
            return;
        var parent = Path.GetDirectoryName(directory) ?? throw new DirectoryNotFoundException();
        MakeDirectories(parent);
        Libc.TryMakeDirectory(directory);
        SyncDirectory(parent);
    }

    private static void SyncDirectory(string path)
    {
        using var directory = Libc.TryOpen(path) ?? throw new DirectoryNotFoundException();
        Libc.Fsync(directory);
    }
}
