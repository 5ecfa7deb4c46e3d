using System.Runtime.InteropServices;

namespace RecoveryVault.Storage;

/// <summary>The error numbers of Linux that the file store tells apart, and what each means for a caller of the store.</summary>
internal static class Errno
{
    public const int EPERM = 1,
        ENOENT = 2,
        EINTR = 4,
        EAGAIN = 11,
        EACCES = 13,
        EEXIST = 17,
        ENOSPC = 28,
        EROFS = 30,
        EDQUOT = 122;

    /// <summary>Whether an exception came from a failed call on a file, ours or the runtime's.</summary>
    public static bool IsFileError(Exception error) => error is IOException or UnauthorizedAccessException;

    /// <summary>The store's exception for a failed call before anything was published.</summary>
    public static BlobStoreException Translate(string operation, Exception error) =>
        error switch
        {
            UnauthorizedAccessException => new(
                BlobError.AccessDenied,
                $"{operation} was refused by the file system: {Cause(error)}",
                error
            ),
            { HResult: EPERM or EACCES or EROFS } => new(
                BlobError.AccessDenied,
                $"{operation} was refused by the file system: {Cause(error)}",
                error
            ),
            { HResult: ENOSPC or EDQUOT } => new(BlobError.StoreFull, $"{operation} found no space or quota left: {Cause(error)}", error),
            _ => new(BlobError.Unavailable, $"{operation} failed: {Cause(error)}", error),
        };

    /// <summary>The runtime's messages name whole paths, which do not belong into an answer; the inner exception keeps them.</summary>
    private static string Cause(Exception error) =>
        error switch
        {
            LibcException => error.Message,
            IOException { HResult: > 0 } => $"{Marshal.GetPInvokeErrorMessage(error.HResult)} (errno {error.HResult})",
            _ => error.GetType().Name,
        };
}
