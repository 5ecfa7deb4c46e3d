using System.Security.Cryptography;
using System.Text.Unicode;
using RecoveryVault.Catalogues;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Files.Restore;

/// <summary>Makes names in one directory of the target: each thing under a temporary name first, then in its place in one step.</summary>
internal static class TargetNames
{
    private const uint PrivateFile = 0x180; // 0600 until the mode is set
    private const int PermissionBits = 0x1FF;

    /// <summary>Up to here a file becomes as long as it is by being written; a longer one that does not fit is refused at once.</summary>
    private const long ShortFile = 4 << 20;

    private static long _lastTemporary = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));

    /// <summary>Told apart from anything of the user's, should an interrupted restore leave one.</summary>
    internal static byte[] Temporary()
    {
        var name = new byte[32];
        Utf8.TryWrite(name, $".rvault-restore-{Interlocked.Increment(ref _lastTemporary):x16}", out _);
        return name;
    }

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

    /// <summary>Makes an empty file under a temporary name, as long as it will be if that tells early that it does not fit.</summary>
    /// <param name="mayKnowMode">Whoever makes it is its owner: then the mode holds from the start.</param>
    internal static Descriptor? MakeFile(Descriptor directory, byte[] temporary, CatalogueEntry entry, bool mayKnowMode, out int error)
    {
        var mode = mayKnowMode ? (uint)(entry.Mode & PermissionBits) : PrivateFile;
        var file = Libc.Open(directory, temporary, OpenFlags.Write | OpenFlags.CreateNew | OpenFlags.NoFollow, out error, mode);
        if (file is null || !HasLength(entry))
            return file;
        error = Libc.Truncate(file, entry.Size);
        if (error == 0)
            return file;
        file.Dispose();
        Libc.Unlink(directory, temporary);
        return null;
    }

    /// <summary>Whether <see cref="MakeFile"/> gave it its length.</summary>
    internal static bool HasLength(CatalogueEntry entry) => entry.DataExtents is not null || entry.Size > ShortFile;

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
