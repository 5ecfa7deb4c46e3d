using System.Security.Cryptography;
using System.Text;
using RecoveryVault.Catalogues;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Files.Restore;

/// <summary>Makes names in one directory of the target: each thing under a temporary name first, then in its place in one step.</summary>
internal static class TargetNames
{
    private const uint PrivateFile = 0x180; // 0600 until the mode is set

    /// <summary>Told apart from anything of the user's, should an interrupted restore leave one.</summary>
    internal static byte[] Temporary() =>
        Encoding.ASCII.GetBytes($".rvault-restore-{RandomNumberGenerator.GetHexString(16, lowercase: true)}");

    /// <summary>Makes a symbolic link, fifo, socket or device under a temporary name and opens exactly that.</summary>
    internal static Descriptor? Make(Descriptor directory, CatalogueEntry entry, byte[] temporary, out int error)
    {
        error =
            entry.Type != EntryType.Symlink ? Libc.MakeNode(directory, temporary, entry.Type, PrivateFile, entry.Device)
            : entry.LinkTarget.Span.Contains((byte)0) ? Errno.EINVAL
            : Libc.MakeSymlink(entry.LinkTarget.Span, directory, temporary);
        if (error != 0)
            return null;
        var made = Libc.Open(directory, temporary, OpenFlags.PathOnly | OpenFlags.NoFollow, out error);
        var stat = default(FileStat);
        if (made is not null)
            error = Libc.Stat(made, out stat);
        // Whoever swaps the name for another file's must not have us give that file away.
        if (error == 0 && (stat.Type != entry.Type || stat.Links != 1))
            error = Errno.ESTALE;
        if (error == 0)
            return made;
        made?.Dispose();
        Libc.Unlink(directory, temporary);
        return null;
    }

    /// <summary>
    /// Makes a directory where something is that is none, and keeps that aside under a temporary name until it is known which of them
    /// stays.
    /// </summary>
    internal static int MakeDirectoryInPlace(Descriptor directory, ReadOnlySpan<byte> name, uint mode, out byte[]? aside)
    {
        aside = null;
        var temporary = Temporary();
        var error = Libc.Rename(directory, name, temporary, replace: true);
        if (error != 0)
            return error;
        error = Libc.MakeDirectory(directory, name, mode);
        if (error == 0)
            aside = temporary;
        else
            Libc.Rename(directory, temporary, name, replace: true);
        return error;
    }

    internal static Descriptor? MakeFile(Descriptor directory, byte[] temporary, long size, out int error)
    {
        var file = Libc.Open(directory, temporary, OpenFlags.Write | OpenFlags.CreateNew | OpenFlags.NoFollow, out error, PrivateFile);
        if (file is null)
            return null;
        error = Libc.Truncate(file, size);
        if (error == 0)
            return file;
        file.Dispose();
        Libc.Unlink(directory, temporary);
        return null;
    }

    /// <summary>Gives what bears a temporary name its own; an empty directory makes way, one that holds something does not.</summary>
    internal static int Place(Descriptor directory, byte[] temporary, ReadOnlySpan<byte> name, bool replace)
    {
        var error = Libc.Rename(directory, temporary, name, replace);
        if (error == Errno.EINVAL && !replace && Libc.Stat(directory, name, out _) == Errno.ENOENT)
            error = Libc.Rename(directory, temporary, name, replace: true); // A file system that knows no RENAME_NOREPLACE.
        if (error == Errno.EISDIR)
        {
            error = Libc.RemoveDirectory(directory, name);
            if (error == 0)
                error = Libc.Rename(directory, temporary, name, replace);
        }
        if (error != 0)
            Libc.Unlink(directory, temporary);
        return error;
    }
}
