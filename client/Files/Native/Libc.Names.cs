using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using RecoveryVault.Catalogues;

namespace RecoveryVault.Files.Native;

internal static partial class Libc
{
    private const int RemoveDirectoryFlag = 0x200;
    private const int NoReplaceFlag = 1;

    /// <summary>A symbolic link's target is shorter than PATH_MAX.</summary>
    private const int MaxLinkTarget = 4096;

    /// <summary>Fills the buffer with struct linux_dirent64 records; <paramref name="read"/> is 0 at the end.</summary>
    internal static unsafe int ReadNames(Descriptor directory, Span<byte> buffer, out int read)
    {
        fixed (byte* start = buffer)
        {
            var result = GetDents(Platform.IsArm64 ? 61 : 217, directory, start, (nuint)buffer.Length);
            read = (int)Math.Max(result, 0);
            return ErrorOf(result);
        }
    }

    internal static unsafe int ReadLink(Descriptor directory, ReadOnlySpan<byte> name, out byte[] target)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MaxLinkTarget);
        try
        {
            nint length;
            fixed (byte* start = buffer)
                length = ReadLinkAt(directory, name, start, MaxLinkTarget);
            target = length < 0 ? [] : buffer[..(int)length];
            return ErrorOf(length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    internal static int MakeDirectory(Descriptor directory, ReadOnlySpan<byte> name, uint mode) => ErrorOf(MkDirAt(directory, name, mode));

    internal static int MakeSymlink(ReadOnlySpan<byte> target, Descriptor directory, ReadOnlySpan<byte> name) =>
        ErrorOf(SymlinkAt(target, directory, name));

    /// <summary>Makes a fifo, socket or device node; EINVAL for a device number Linux cannot hold (12-bit major, 20-bit minor).</summary>
    internal static int MakeNode(Descriptor directory, ReadOnlySpan<byte> name, EntryType type, uint mode, DeviceNumber device)
    {
        if (device.Major > 0xFFF || device.Minor > 0xFFFFF)
            return Errno.EINVAL;
        var number = (device.Minor & 0xFF) | (device.Major << 8) | ((device.Minor & ~0xFFu) << 12);
        return ErrorOf(MkNodAt(Platform.IsArm64 ? 33 : 259, directory, name, FileStat.FormatOf(type) | mode, number));
    }

    /// <summary>A further name for an inode; a symbolic link is linked itself, not what it points to.</summary>
    internal static int Link(Descriptor from, ReadOnlySpan<byte> name, Descriptor to, ReadOnlySpan<byte> newName) =>
        ErrorOf(LinkAt(from, name, to, newName, 0));

    /// <summary>Renames within a directory, over what bears the new name unless told to leave that alone (then EEXIST).</summary>
    internal static int Rename(Descriptor directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> newName, bool replace)
    {
        var number = Platform.IsArm64 ? 276 : 316;
        return ErrorOf(RenameAt2(number, directory, name, directory, newName, replace ? 0u : NoReplaceFlag));
    }

    internal static int Unlink(Descriptor directory, ReadOnlySpan<byte> name) => ErrorOf(UnlinkAt(directory, name, 0));

    /// <summary>Removes an empty directory.</summary>
    internal static int RemoveDirectory(Descriptor directory, ReadOnlySpan<byte> name) =>
        ErrorOf(UnlinkAt(directory, name, RemoveDirectoryFlag));

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial nint GetDents(nint number, Descriptor directory, byte* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true)]
    private static unsafe partial nint ReadLinkAt(
        Descriptor directory,
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> name,
        byte* buffer,
        nuint length
    );

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true)]
    private static partial int MkDirAt(Descriptor directory, [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> name, uint mode);

    [LibraryImport("libc", EntryPoint = "symlinkat", SetLastError = true)]
    private static partial int SymlinkAt(
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> target,
        Descriptor directory,
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> name
    );

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint MkNodAt(
        nint number,
        Descriptor directory,
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> name,
        nuint mode,
        nuint device
    );

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true)]
    private static partial int LinkAt(
        Descriptor from,
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> name,
        Descriptor to,
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> newName,
        int flags
    );

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint RenameAt2(
        nint number,
        Descriptor from,
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> name,
        Descriptor to,
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> newName,
        nuint flags
    );

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    private static partial int UnlinkAt(Descriptor directory, [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> name, int flags);
}
