using System.Text;
using RecoveryVault.Catalogues;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Files;

/// <summary>Which file or directory it is on this machine while it exists.</summary>
public readonly record struct InodeId(DeviceNumber Device, ulong Inode)
{
    /// <summary>The identity of what a path leads to, symbolic links followed.</summary>
    /// <exception cref="FileSystemException">It cannot be looked up.</exception>
    public static InodeId Of(string path)
    {
        Platform.Require("Looking up a file's identity");
        using var handle = Libc.Open(Descriptor.WorkingDirectory, Encoding.UTF8.GetBytes(path), OpenFlags.PathOnly, out var error);
        if (handle is null)
            throw new FileSystemException(error, $"'{path}' cannot be looked up");
        error = Libc.Stat(handle, out var stat);
        return error == 0 ? stat.Id : throw new FileSystemException(error, $"'{path}' cannot be looked up");
    }
}
