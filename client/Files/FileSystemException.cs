namespace RecoveryVault.Files;

/// <summary>A file system call failed; the message ends in what the operating system said.</summary>
public sealed class FileSystemException(int errno, string what) : IOException($"{what}: {Native.Errno.Describe(errno)}")
{
    /// <summary>The Linux error number.</summary>
    public int Errno { get; } = errno;
}
