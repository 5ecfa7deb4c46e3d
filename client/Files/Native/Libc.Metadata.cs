using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using RecoveryVault.Catalogues;

namespace RecoveryVault.Files.Native;

internal static partial class Libc
{
    private const int NoFollowFlag = 0x100;
    private const int NoAutomountFlag = 0x800;
    private const int EmptyPathFlag = 0x1000;
    private const int EffectiveAccessFlag = 0x200;
    private const int WriteAndSearch = 2 | 1;
    private const uint BasicStats = 0x7FF;
    private const long OmitTime = 0x3FFFFFFE;

    /// <summary>The metadata of a name itself, never of what a symbolic link points to; triggers no automount.</summary>
    internal static int Stat(Descriptor directory, ReadOnlySpan<byte> name, out FileStat stat) =>
        Stat(directory, name, NoFollowFlag | NoAutomountFlag, out stat);

    /// <summary>The metadata of what is open.</summary>
    internal static int Stat(Descriptor file, out FileStat stat) => Stat(file, "."u8[..0], EmptyPathFlag, out stat);

    internal static uint EffectiveUser() => GetEUid();

    /// <summary>Whether names may be made in an open directory.</summary>
    internal static int CheckWritable(Descriptor directory) => ErrorOf(FAccessAt(directory, "."u8, WriteAndSearch, EffectiveAccessFlag));

    /// <summary>Sets the owner of what is open, symbolic links too; an id of all ones stays as it is.</summary>
    internal static int ChangeOwner(Descriptor file, uint uid, uint gid) => ErrorOf(FChOwnAt(file, "."u8[..0], uid, gid, EmptyPathFlag));

    /// <summary>Sets the mode of what a path leads to (see <see cref="ProcPath"/>).</summary>
    internal static int ChangeMode(ReadOnlySpan<byte> path, uint mode) => ErrorOf(ChMod(path, mode));

    /// <summary>Sets the mode of an open file; not for one opened as a path only.</summary>
    internal static int ChangeMode(Descriptor file, uint mode) => ErrorOf(FChMod(file, mode));

    /// <summary>Sets the modification time of what a path leads to; the access time stays.</summary>
    internal static unsafe int SetModified(ReadOnlySpan<byte> path, FileTime time)
    {
        var times = stackalloc long[] { 0, OmitTime, time.Seconds, time.Nanoseconds };
        return ErrorOf(UTimeNsAt(Descriptor.WorkingDirectory, path, times, 0));
    }

    /// <summary>Sets the modification time of an open file; not for one opened as a path only.</summary>
    internal static unsafe int SetModified(Descriptor file, FileTime time)
    {
        var times = stackalloc long[] { 0, OmitTime, time.Seconds, time.Nanoseconds };
        return ErrorOf(FUTimeNs(file, times));
    }

    /// <summary>Whether an open file has extended attributes, or none can be told; not for one opened as a path only.</summary>
    internal static unsafe bool HasAttributes(Descriptor file)
    {
        var length = FListXAttr(file, null, 0);
        return length > 0 || (length < 0 && ErrorOf(length) != Errno.EOPNOTSUPP);
    }

    /// <summary>The names of the extended attributes, each ended by a zero byte; ERANGE when they do not fit.</summary>
    internal static unsafe int ListAttributes(ReadOnlySpan<byte> path, bool follow, Span<byte> names, out int length)
    {
        fixed (byte* start = names)
        {
            var result = follow ? ListXAttr(path, start, (nuint)names.Length) : LListXAttr(path, start, (nuint)names.Length);
            length = (int)Math.Max(result, 0);
            return ErrorOf(result);
        }
    }

    internal static unsafe int GetAttribute(ReadOnlySpan<byte> path, bool follow, ReadOnlySpan<byte> name, Span<byte> value, out int length)
    {
        fixed (byte* start = value)
        {
            var result = follow ? GetXAttr(path, name, start, (nuint)value.Length) : LGetXAttr(path, name, start, (nuint)value.Length);
            length = (int)Math.Max(result, 0);
            return ErrorOf(result);
        }
    }

    internal static unsafe int SetAttribute(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        fixed (byte* start = value)
            return ErrorOf(SetXAttr(path, name, start, (nuint)value.Length, 0));
    }

    internal static int RemoveAttribute(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name) => ErrorOf(RemoveXAttr(path, name));

    private static unsafe int Stat(Descriptor directory, ReadOnlySpan<byte> name, int flags, out FileStat stat)
    {
        fixed (FileStat* start = &stat)
            return ErrorOf(StatX(Platform.IsArm64 ? 291 : 332, directory, name, flags, BasicStats, start));
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial nint StatX(
        nint number,
        Descriptor directory,
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> name,
        nint flags,
        nuint mask,
        FileStat* stat
    );

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEUid();

    [LibraryImport("libc", EntryPoint = "faccessat", SetLastError = true)]
    private static partial int FAccessAt(
        Descriptor directory,
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> name,
        int mode,
        int flags
    );

    [LibraryImport("libc", EntryPoint = "fchownat", SetLastError = true)]
    private static partial int FChOwnAt(
        Descriptor directory,
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> name,
        uint uid,
        uint gid,
        int flags
    );

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true)]
    private static partial int ChMod([MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> path, uint mode);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    private static partial int FChMod(Descriptor file, uint mode);

    [LibraryImport("libc", EntryPoint = "futimens", SetLastError = true)]
    private static unsafe partial int FUTimeNs(Descriptor file, long* times);

    [LibraryImport("libc", EntryPoint = "flistxattr", SetLastError = true)]
    private static unsafe partial nint FListXAttr(Descriptor file, byte* names, nuint length);

    [LibraryImport("libc", EntryPoint = "utimensat", SetLastError = true)]
    private static unsafe partial int UTimeNsAt(
        Descriptor directory,
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> name,
        long* times,
        int flags
    );

    [LibraryImport("libc", EntryPoint = "listxattr", SetLastError = true)]
    private static unsafe partial nint ListXAttr([MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> path, byte* names, nuint length);

    [LibraryImport("libc", EntryPoint = "llistxattr", SetLastError = true)]
    private static unsafe partial nint LListXAttr([MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> path, byte* names, nuint length);

    [LibraryImport("libc", EntryPoint = "getxattr", SetLastError = true)]
    private static unsafe partial nint GetXAttr(
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> path,
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> name,
        byte* value,
        nuint length
    );

    [LibraryImport("libc", EntryPoint = "lgetxattr", SetLastError = true)]
    private static unsafe partial nint LGetXAttr(
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> path,
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> name,
        byte* value,
        nuint length
    );

    [LibraryImport("libc", EntryPoint = "setxattr", SetLastError = true)]
    private static unsafe partial int SetXAttr(
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> path,
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> name,
        byte* value,
        nuint length,
        int flags
    );

    [LibraryImport("libc", EntryPoint = "removexattr", SetLastError = true)]
    private static partial int RemoveXAttr(
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> path,
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> name
    );
}
