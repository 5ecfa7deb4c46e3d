namespace RecoveryVault.Tests.Storage;

/// <summary>A test that makes system calls fail by strace; skipped where strace or ptrace is missing, but under CI it must run.</summary>
public sealed class StraceFactAttribute : FactAttribute
{
    public StraceFactAttribute()
    {
        if (!Strace.IsUsable && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = "Needs strace and the right to trace.";
    }
}
