using RecoveryVault.Tests.Processes;

namespace RecoveryVault.Tests.Storage;

/// <summary>
/// A test in a child process that mounts a small tmpfs nobody else sees; skipped where that is not allowed, but under CI it must run.
/// </summary>
public sealed class SmallFileSystemFactAttribute : FactAttribute
{
    private static readonly bool IsPossible =
        OperatingSystem.IsLinux() && ChildProcess.Succeeds("unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt");

    public SmallFileSystemFactAttribute()
    {
        if (!IsPossible && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = "Needs root and the right to mount a tmpfs (unshare -m).";
    }
}
