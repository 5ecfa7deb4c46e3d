using System.Text;
using RecoveryVault.Errors;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Files.Restore;

/// <summary>
/// The directory a restore writes to, checked and held open. Disposed before anything was restored into it, it is as it was: directories
/// made for it are removed again.
/// </summary>
public sealed class RestoreTarget : IDisposable
{
    /// <summary>Until the source's own mode is set, what lies in a new target is its owner's business.</summary>
    private const uint TargetMode = 0x1C0; // 0700
    private const uint AncestorMode = 0x1FF; // 0777, less the umask, as mkdir does
    private readonly List<byte[]> _made;
    private readonly FileStat _before;
    private bool _kept;

    private RestoreTarget(string path, bool overwrite, Descriptor handle, in FileStat stat, List<byte[]> made)
    {
        (Path, Overwrite, Handle) = (path, overwrite, handle);
        (_before, _made) = (stat, made);
    }

    /// <summary>As given.</summary>
    public string Path { get; }

    /// <summary>Whether what is there already may be replaced.</summary>
    public bool Overwrite { get; }

    /// <summary>Open for reading, which syncing needs.</summary>
    internal Descriptor Handle { get; }

    internal InodeId Id => _before.Id;

    /// <summary>Opens the target, made with its ancestors if missing; a symbolic link given as the target is followed.</summary>
    /// <exception cref="VaultException">
    /// <see cref="ErrorCodes.TargetNotDirectory"/>, <see cref="ErrorCodes.TargetNotEmpty"/> (unless <paramref name="overwrite"/>) or
    /// <see cref="ErrorCodes.TargetUnwritable"/>; nothing is changed then.
    /// </exception>
    public static RestoreTarget Prepare(string path, bool overwrite)
    {
        Platform.Require("Restoring files");
        var bytes = Encoding.UTF8.GetBytes(path);
        if (bytes.Length == 0 || bytes.Contains((byte)0))
            throw Unwritable(path, Errno.EINVAL);
        var made = new List<byte[]>();
        var handle = Open(bytes, out var error);
        if (error == Errno.ENOENT)
        {
            error = Make(bytes, TargetMode, made);
            if (error == 0)
                handle = Open(bytes, out error);
        }
        try
        {
            return Check(path, overwrite, handle, error, made);
        }
        catch (VaultException)
        {
            handle?.Dispose();
            Remove(made);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Handle.IsClosed)
            return;
        if (!_kept)
        {
            Span<byte> buffer = stackalloc byte[ProcPath.MaxLength];
            Libc.SetModified(ProcPath.Of(Handle, buffer), _before.ModifiedAt);
        }
        Handle.Dispose();
        if (!_kept)
            Remove(_made);
    }

    /// <summary>Something was restored: the target stays.</summary>
    internal void Keep() => _kept = true;

    private static RestoreTarget Check(string path, bool overwrite, Descriptor? handle, int error, List<byte[]> made)
    {
        if (error == Errno.ENOTDIR)
            throw new VaultException(ErrorCodes.TargetNotDirectory, $"The restore target '{path}' is not a directory.");
        if (handle is null)
            throw Unwritable(path, error);
        var names = DirectoryNames.Read(handle, new byte[64 << 10], out error);
        var stat = default(FileStat);
        if (error == 0)
            error = Libc.Stat(handle, out stat);
        if (error == 0)
            error = Libc.CheckWritable(handle);
        if (error != 0)
            throw Unwritable(path, error);
        if (names.Count > 0 && !overwrite)
            throw new VaultException(ErrorCodes.TargetNotEmpty, $"The restore target '{path}' is not empty: it holds {names.Count} names.");
        return new(path, overwrite, handle, stat, made);
    }

    private static Descriptor? Open(ReadOnlySpan<byte> path, out int error) =>
        Libc.Open(Descriptor.WorkingDirectory, path, OpenFlags.Directory, out error);

    private static int Make(ReadOnlySpan<byte> path, uint mode, List<byte[]> made)
    {
        path = path.TrimEnd((byte)'/');
        var error = Libc.MakeDirectory(Descriptor.WorkingDirectory, path, mode);
        var slash = path.LastIndexOf((byte)'/');
        if (error == Errno.ENOENT && slash > 0)
        {
            error = Make(path[..slash], AncestorMode, made);
            if (error is 0 or Errno.EEXIST)
                error = Libc.MakeDirectory(Descriptor.WorkingDirectory, path, mode);
        }
        if (error == 0)
            made.Add(path.ToArray());
        return error;
    }

    private static void Remove(List<byte[]> made)
    {
        for (var i = made.Count - 1; i >= 0; i--)
            Libc.RemoveDirectory(Descriptor.WorkingDirectory, made[i]);
    }

    private static VaultException Unwritable(string path, int error) =>
        new(ErrorCodes.TargetUnwritable, $"The restore target '{path}' cannot be made or written: {Errno.Describe(error)}.");
}
