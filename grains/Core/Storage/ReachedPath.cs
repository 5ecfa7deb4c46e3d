using Microsoft.Win32.SafeHandles;

namespace RecoveryVault.Storage;

/// <summary>A path for system calls, good until dispose; a long one begins at a directory held open.</summary>
internal sealed class ReachedPath(string path, SafeFileHandle? anchor) : IDisposable
{
    public string Path { get; } = path;

    public void Dispose() => anchor?.Dispose();
}
