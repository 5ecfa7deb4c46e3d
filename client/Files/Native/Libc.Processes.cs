using System.Runtime.InteropServices;

namespace RecoveryVault.Files.Native;

internal static partial class Libc
{
    private const int TerminateSignal = 15;
    private const int GetDescriptorFlags = 1;

    internal static uint EffectiveGroup() => GetEGid();

    /// <summary>Asks a process to end (SIGTERM); one that has ended already needs no asking.</summary>
    internal static void Terminate(int process) => _ = Kill(process, TerminateSignal);

    /// <summary>
    /// Whether a descriptor came from who started this process: whatever was opened since is closed when another is started.
    /// </summary>
    internal static bool IsInherited(int descriptor) => FCntl(descriptor, GetDescriptorFlags, 0) == 0;

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FCntl(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "getegid")]
    private static partial uint GetEGid();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
