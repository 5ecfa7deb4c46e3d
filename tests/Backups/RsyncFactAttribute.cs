using RecoveryVault.Tests.Processes;

namespace RecoveryVault.Tests.Backups;

/// <summary>A test that lets rsync compare trees as root; skipped without them, but under CI it must run.</summary>
public sealed class RsyncFactAttribute : FactAttribute
{
    private static readonly bool IsPossible =
        OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && ChildProcess.Succeeds("rsync", "--version");

    public RsyncFactAttribute()
    {
        if (!IsPossible && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = "Needs rsync, and root on Linux.";
    }
}
