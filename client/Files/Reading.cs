using RecoveryVault.Files.Native;

namespace RecoveryVault.Files;

/// <summary>Opens without leaving a trace: the access time is kept where the kernel lets us (the owner's files, or root).</summary>
internal static class Reading
{
    internal static Descriptor? Open(Descriptor directory, ReadOnlySpan<byte> name, OpenFlags flags, out int error) =>
        OpenAny(directory, name, flags | OpenFlags.NoFollow, out error);

    /// <summary>Opens for reading what is open by <see cref="OpenFlags.PathOnly"/>.</summary>
    internal static Descriptor? Reopen(Descriptor handle, OpenFlags flags, out int error)
    {
        Span<byte> buffer = stackalloc byte[ProcPath.MaxLength];
        return OpenAny(Descriptor.WorkingDirectory, ProcPath.Of(handle, buffer), flags, out error);
    }

    private static Descriptor? OpenAny(Descriptor directory, ReadOnlySpan<byte> name, OpenFlags flags, out int error)
    {
        var opened = Libc.Open(directory, name, flags | OpenFlags.KeepAccessTime, out error);
        return error == Errno.EPERM ? Libc.Open(directory, name, flags, out error) : opened;
    }
}
