using System.Text;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Files;

/// <summary>What a walk starts at, held open so that it stays the same one.</summary>
internal sealed class WalkSource : IDisposable
{
    private WalkSource(RelativePath path, Descriptor handle, in FileStat stat) => (Path, Handle, Stat) = (path, handle, stat);

    /// <summary>Its path in the catalogue: empty for a directory, its name for anything else.</summary>
    internal RelativePath Path { get; }

    /// <summary>A directory open for reading; anything else by path only.</summary>
    internal Descriptor Handle { get; }

    internal FileStat Stat { get; }

    /// <summary>A block device named as the source is read like one file; below a source it is a device node.</summary>
    internal bool IsDevice => Stat.Type == EntryType.BlockDevice;

    internal static WalkSource Open(string source, WalkOptions options)
    {
        var path = Encoding.UTF8.GetBytes(source);
        if (path.Length == 0 || path.Contains((byte)0))
            throw new VaultException(ErrorCodes.SourceNotFound, "No file has an empty name.");
        var handle = Libc.Open(Descriptor.WorkingDirectory, path, OpenFlags.PathOnly, out var error) ?? throw Failed(source, error);
        try
        {
            return Open(source, path, handle, options);
        }
        catch (VaultException)
        {
            handle.Dispose();
            throw;
        }
    }

    private static WalkSource Open(string source, byte[] path, Descriptor handle, WalkOptions options)
    {
        var error = Libc.Stat(handle, out var stat);
        if (error != 0)
            throw Failed(source, error);
        if (options.NeverEnter.Contains(stat.Id))
            throw new VaultException(
                ErrorCodes.SourceUnreadable,
                $"The source '{source}' is never read: it is the vault's own store.",
                "Name another source."
            );
        var type = stat.Type;
        if (type is EntryType.Directory or EntryType.File or EntryType.BlockDevice)
        {
            var flags = type == EntryType.Directory ? OpenFlags.Directory : OpenFlags.NonBlocking;
            var readable = Reading.Reopen(handle, flags, out error) ?? throw Failed(source, error);
            if (type == EntryType.Directory)
                (handle, readable) = (readable, handle);
            readable.Dispose();
        }
        return new(type == EntryType.Directory ? RelativePath.Root : new(NameOf(path)), handle, stat);
    }

    /// <summary>Opens a source that is a regular file or block device for reading.</summary>
    internal Descriptor? Reopen(out int error) => Reading.Reopen(Handle, OpenFlags.NonBlocking, out error);

    public void Dispose() => Handle.Dispose();

    private static byte[] NameOf(byte[] path) => path[(path.AsSpan().LastIndexOf((byte)'/') + 1)..];

    private static VaultException Failed(string source, int error) =>
        error is Errno.ENOENT or Errno.ENOTDIR
            ? new(ErrorCodes.SourceNotFound, $"The source '{source}' does not exist.")
            : new(ErrorCodes.SourceUnreadable, $"The source '{source}' cannot be read: {Errno.Describe(error)}.");
}
