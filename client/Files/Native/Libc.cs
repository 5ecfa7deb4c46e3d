using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace RecoveryVault.Files.Native;

/// <summary>
/// The C library's file calls, by descriptor and raw name. Each answers 0 or an error number (<see cref="Errno"/>); calls the manual pages
/// let a signal interrupt are repeated. What older C libraries do not export goes through <c>syscall</c>. The variadic functions among them
/// (open, syscall) take integers only, which both Linux calling conventions pass like fixed arguments.
/// </summary>
internal static partial class Libc
{
    /// <summary>Opens a name below a directory; null and the error when it fails.</summary>
    internal static Descriptor? Open(Descriptor directory, ReadOnlySpan<byte> name, OpenFlags flags, out int error, uint mode = 0)
    {
        int opened;
        do opened = OpenAt(directory, name, flags.ToNative(), mode);
        while (Interrupted(opened));
        error = ErrorOf(opened);
        return opened < 0 ? null : new Descriptor(opened);
    }

    /// <summary>Reads at an offset; <paramref name="read"/> is 0 at the end of the file.</summary>
    internal static unsafe int Read(Descriptor file, Span<byte> buffer, long offset, out int read)
    {
        nint result;
        fixed (byte* start = buffer)
        {
            do result = PRead(file, start, (nuint)buffer.Length, offset);
            while (Interrupted(result));
        }
        read = (int)Math.Max(result, 0);
        return ErrorOf(result);
    }

    /// <summary>Writes all bytes at an offset.</summary>
    internal static unsafe int Write(Descriptor file, ReadOnlySpan<byte> content, long offset)
    {
        while (!content.IsEmpty)
        {
            nint written;
            fixed (byte* start = content)
                written = PWrite(file, start, (nuint)content.Length, offset);
            if (Interrupted(written))
                continue;
            if (written < 0)
                return ErrorOf(written);
            content = content[(int)written..];
            offset += written;
        }
        return 0;
    }

    /// <summary>The start of the next data or hole at or after an offset (ENXIO when there is none), or the end.</summary>
    internal static int Seek(Descriptor file, long offset, SeekTo what, out long position)
    {
        position = LSeek(file, offset, (int)what);
        return ErrorOf(position);
    }

    internal static int Truncate(Descriptor file, long size)
    {
        int result;
        do result = FTruncate(file, size);
        while (Interrupted(result));
        return ErrorOf(result);
    }

    /// <summary>Waits until everything written to the file system of this descriptor is on disk.</summary>
    internal static int SyncFileSystem(Descriptor file) => ErrorOf(SyncFs(file));

    /// <summary>Never repeated: on Linux the descriptor is gone whatever the answer.</summary>
    internal static int Close(int number) => ErrorOf(CloseNumber(number));

    private static bool Interrupted(nint result) => result < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR;

    private static int ErrorOf(long result) => result < 0 ? Marshal.GetLastPInvokeError() : 0;

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    private static partial int OpenAt(
        Descriptor directory,
        [MarshalUsing(typeof(NulTerminated))] ReadOnlySpan<byte> name,
        int flags,
        uint mode
    );

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    private static unsafe partial nint PRead(Descriptor file, byte* buffer, nuint length, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    private static unsafe partial nint PWrite(Descriptor file, byte* content, nuint length, long offset);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long LSeek(Descriptor file, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int FTruncate(Descriptor file, long size);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFs(Descriptor file);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseNumber(int number);
}

/// <summary>What <see cref="Libc.Seek"/> looks for (SEEK_END, SEEK_DATA, SEEK_HOLE).</summary>
internal enum SeekTo
{
    End = 2,
    Data = 3,
    Hole = 4,
}
