namespace RecoveryVault.Tests.Style;

/// <summary>
/// A test that needs root on Linux (owners, devices, dropping to another user); skipped elsewhere, but under CI it must run.
/// </summary>
public sealed class LinuxRootFactAttribute : FactAttribute
{
    public LinuxRootFactAttribute()
    {
        var isRoot = OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess;
        if (!isRoot && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = "Needs root on Linux.";
    }
}
