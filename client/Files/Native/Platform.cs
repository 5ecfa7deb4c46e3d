using System.Runtime.InteropServices;

namespace RecoveryVault.Files.Native;

/// <summary>Where the file side runs: the system call numbers and flags of <see cref="Libc"/> are those of 64-bit Linux.</summary>
internal static class Platform
{
    internal static bool IsArm64 { get; } = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <exception cref="PlatformNotSupportedException">Not Linux on x64 or arm64; the message names what cannot be done here.</exception>
    internal static void Require(string what)
    {
        if (OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64)
            return;
        throw new PlatformNotSupportedException(
            $"{what} is supported on Linux x64 and arm64 only; this is {RuntimeInformation.RuntimeIdentifier}. Run it on such a machine."
        );
    }
}
