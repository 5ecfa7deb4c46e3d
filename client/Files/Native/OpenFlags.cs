namespace RecoveryVault.Files.Native;

/// <summary>How a name is opened; close-on-exec always goes with it.</summary>
[Flags]
internal enum OpenFlags
{
    /// <summary>For reading.</summary>
    Read = 0,

    /// <summary>For writing.</summary>
    Write = 1,

    /// <summary>Create, and fail if the name exists.</summary>
    CreateNew = 2,

    /// <summary>Fail unless it is a directory.</summary>
    Directory = 4,

    /// <summary>Fail if the name is a symbolic link.</summary>
    NoFollow = 8,

    /// <summary>Leave the access time alone; only the owner may.</summary>
    KeepAccessTime = 16,

    /// <summary>Do not wait for a fifo's other end.</summary>
    NonBlocking = 32,

    /// <summary>Only a handle on the inode, which needs no permission on it and never touches a device.</summary>
    PathOnly = 64,
}

internal static class OpenFlagsNative
{
    /// <summary>The values of asm/fcntl.h, of which O_DIRECTORY and O_NOFOLLOW differ between x64 and arm64.</summary>
    internal static int ToNative(this OpenFlags flags)
    {
        var native = 0x80000; // O_CLOEXEC
        if (flags.HasFlag(OpenFlags.Write))
            native |= 0x1;
        if (flags.HasFlag(OpenFlags.CreateNew))
            native |= 0x40 | 0x80; // O_CREAT | O_EXCL
        if (flags.HasFlag(OpenFlags.Directory))
            native |= Platform.IsArm64 ? 0x4000 : 0x10000;
        if (flags.HasFlag(OpenFlags.NoFollow))
            native |= Platform.IsArm64 ? 0x8000 : 0x20000;
        if (flags.HasFlag(OpenFlags.KeepAccessTime))
            native |= 0x40000; // O_NOATIME
        if (flags.HasFlag(OpenFlags.NonBlocking))
            native |= 0x800 | 0x100; // O_NONBLOCK | O_NOCTTY
        if (flags.HasFlag(OpenFlags.PathOnly))
            native |= 0x200000; // O_PATH
        return native;
    }
}
