using Microsoft.Win32.SafeHandles;

namespace RecoveryVault.Connections;

/// <summary>Files that nobody but their owner may use.</summary>
public static class OwnerOnly
{
    private const UnixFileMode OthersMay =
        UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherWrite
        | UnixFileMode.OtherExecute;

    /// <summary>Whether others may read, change or run an open file; where files have no such modes, never.</summary>
    public static bool IsOpenToOthers(SafeFileHandle file) => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & OthersMay) != 0;
}
