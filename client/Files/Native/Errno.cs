namespace RecoveryVault.Files.Native;

/// <summary>Linux error numbers, the same on x64 and arm64, and what they say.</summary>
internal static class Errno
{
    internal const int EPERM = 1;
    internal const int ENOENT = 2;
    internal const int EINTR = 4;
    internal const int EIO = 5;
    internal const int ENXIO = 6;
    internal const int E2BIG = 7;
    internal const int EACCES = 13;
    internal const int EEXIST = 17;
    internal const int EXDEV = 18;
    internal const int ENOTDIR = 20;
    internal const int EISDIR = 21;
    internal const int EINVAL = 22;
    internal const int EFBIG = 27;
    internal const int ENOSPC = 28;
    internal const int EMLINK = 31;
    internal const int ERANGE = 34;
    internal const int ENAMETOOLONG = 36;
    internal const int ENOSYS = 38;
    internal const int ENOTEMPTY = 39;
    internal const int ELOOP = 40;
    internal const int ENODATA = 61;
    internal const int EOVERFLOW = 75;
    internal const int EOPNOTSUPP = 95;
    internal const int ESTALE = 116;

    /// <summary>The error in a few English words, the C library's own, whatever the locale.</summary>
    internal static string Describe(int error) =>
        error switch
        {
            0 => "Success",
            EPERM => "Operation not permitted",
            ENOENT => "No such file or directory",
            3 => "No such process",
            EINTR => "Interrupted system call",
            EIO => "Input/output error",
            ENXIO => "No such device or address",
            E2BIG => "Argument list too long",
            9 => "Bad file descriptor",
            11 => "Resource temporarily unavailable",
            12 => "Cannot allocate memory",
            EACCES => "Permission denied",
            14 => "Bad address",
            16 => "Device or resource busy",
            EEXIST => "File exists",
            EXDEV => "Invalid cross-device link",
            19 => "No such device",
            ENOTDIR => "Not a directory",
            EISDIR => "Is a directory",
            EINVAL => "Invalid argument",
            23 => "Too many open files in system",
            24 => "Too many open files",
            26 => "Text file busy",
            EFBIG => "File too large",
            ENOSPC => "No space left on device",
            29 => "Illegal seek",
            30 => "Read-only file system",
            EMLINK => "Too many links",
            32 => "Broken pipe",
            ERANGE => "Numerical result out of range",
            35 => "Resource deadlock avoided",
            ENAMETOOLONG => "File name too long",
            37 => "No locks available",
            ENOSYS => "Function not implemented",
            ENOTEMPTY => "Directory not empty",
            ELOOP => "Too many levels of symbolic links",
            ENODATA => "No data available",
            EOVERFLOW => "Value too large for defined data type",
            EOPNOTSUPP => "Operation not supported",
            107 => "Transport endpoint is not connected",
            110 => "Connection timed out",
            112 => "Host is down",
            113 => "No route to host",
            ESTALE => "Stale file handle",
            117 => "Structure needs cleaning",
            121 => "Remote I/O error",
            122 => "Disk quota exceeded",
            126 => "Required key not available",
            _ => $"Error {error}",
        };
}
