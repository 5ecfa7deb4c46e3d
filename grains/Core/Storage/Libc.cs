using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RecoveryVault.Storage;

/// <summary>
/// The calls of the C library that the file store stands on, because the runtime hides their errors (fsync: .NET 10 on Linux reports
/// success after a failure) or does not offer them (link, fsync of a directory, flock without an open mode's say).
/// </summary>
/// <remarks>
/// A failure is a <see cref="LibcException"/> whose <see cref="Exception.HResult"/> is the errno, as with the runtime's own on Unix.
/// Answers that callers expect are return values instead. The constants are equal on Linux x64 and arm64 (asm-generic).
/// </remarks>
internal static partial class Libc
{
    /// <summary>The longest path a call takes, in bytes without the closing zero (PATH_MAX).</summary>
    public const int MaxPathBytes = 4095;

    private const int CloseOnExec = 0x80000;
    private const int CreateNew = 0x40 | 0x80;
    private const int CreateIfMissing = 0x40;
    private const int ReadWrite = 2;
    private const int OwnerFile = 0b110_000_000;
    private const int OwnerDirectory = 0b111_000_000;
    private const int LockShared = 1,
        LockExclusive = 2,
        LockNonBlocking = 4,
        LockRelease = 8;

    /// <exception cref="PlatformNotSupportedException">Not Linux on x64 or arm64.</exception>
    public static void RequireSupported()
    {
        if (OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is (Architecture.X64 or Architecture.Arm64))
            return;
        throw new PlatformNotSupportedException(
            "A file store needs Linux on x64 or arm64: its promises rest on that C library's fsync, flock and link. Use Azure Blob Storage here."
        );
    }

    /// <summary>Opens a file or directory for reading (a directory to sync it); null when the path does not exist.</summary>
    public static SafeFileHandle? TryOpen(string path) => Open(path, flags: 0);

    /// <summary>Opens a file for reading and writing, made with mode 0600 if it is missing.</summary>
    public static SafeFileHandle OpenOrCreate(string path) =>
        Open(path, ReadWrite | CreateIfMissing) ?? throw Failure("open", Errno.ENOENT);

    /// <summary>Makes a file that did not exist, mode 0600.</summary>
    public static SafeFileHandle Create(string path) => Open(path, ReadWrite | CreateNew) ?? throw Failure("open", Errno.ENOENT);

    /// <summary>Makes content or directory entries durable. After a failure nothing is known of them, and a second call may lie.</summary>
    public static void Fsync(SafeFileHandle file)
    {
        int result;
        do result = FsyncCall(file);
        while (result < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);
        Require(result, "fsync");
    }

    /// <summary>Takes the exclusive lock of an open file without waiting; false when another open file holds it.</summary>
    public static bool TryLock(SafeFileHandle file) => Unless(FlockCall(file, LockExclusive | LockNonBlocking), "flock", Errno.EAGAIN);

    /// <summary>Takes the lock of an open file together with others who do the same; false when somebody has it alone.</summary>
    public static bool TryShareLock(SafeFileHandle file) => Unless(FlockCall(file, LockShared | LockNonBlocking), "flock", Errno.EAGAIN);

    /// <summary>
    /// Gives the lock back before the file is closed, which would do it, too, but not while a child process between fork and exec still has
    /// the descriptor. So a failure here matters to nobody.
    /// </summary>
    public static void Unlock(SafeFileHandle file) => _ = FlockCall(file, LockRelease);

    /// <summary>Gives a file a second name; false when the name is taken.</summary>
    public static bool TryLink(string existing, string name) => Unless(LinkCall(existing, name), "link", Errno.EEXIST);

    /// <summary>Moves a file over whatever bears the new name, atomically.</summary>
    public static void Rename(string from, string to) => Require(RenameCall(from, to), "rename");

    /// <summary>Removes a name; false when there was none.</summary>
    public static bool TryUnlink(string path) => Unless(UnlinkCall(path), "unlink", Errno.ENOENT);

    /// <summary>Makes a directory, mode 0700; false when the name is taken.</summary>
    public static bool TryMakeDirectory(string path) => Unless(MakeDirectoryCall(path, OwnerDirectory), "mkdir", Errno.EEXIST);

    private static SafeFileHandle? Open(string path, int flags)
    {
        SafeFileHandle file;
        do file = OpenCall(path, flags | CloseOnExec, OwnerFile);
        while (file.IsInvalid && Marshal.GetLastPInvokeError() == Errno.EINTR);
        if (!file.IsInvalid)
            return file;
        var errno = Marshal.GetLastPInvokeError();
        file.Dispose();
        return errno == Errno.ENOENT ? null : throw Failure("open", errno);
    }

    private static bool Unless(int result, string call, int expected)
    {
        if (result == 0)
            return true;
        var errno = Marshal.GetLastPInvokeError();
        return errno == expected ? false : throw Failure(call, errno);
    }

    private static void Require(int result, string call)
    {
        if (result < 0)
            throw Failure(call, Marshal.GetLastPInvokeError());
    }

    private static LibcException Failure(string call, int errno) => new(call, errno);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial SafeFileHandle OpenCall(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FsyncCall(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FlockCall(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int LinkCall(string existing, string name);

    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int RenameCall(string from, string to);

    [LibraryImport("libc", EntryPoint = "unlink", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int UnlinkCall(string path);

    [LibraryImport("libc", EntryPoint = "mkdir", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int MakeDirectoryCall(string path, uint mode);
}

/// <summary>A call of <see cref="Libc"/> that failed; the message names the call and the reason, and no path.</summary>
internal sealed class LibcException(string call, int errno)
    : IOException($"{call}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})", errno);
