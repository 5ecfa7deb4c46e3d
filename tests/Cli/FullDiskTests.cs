using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Cli;

/// <summary>A store on a disk that is full.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [SmallFileSystemFact]
    public async Task FullDisk_BackupIsRefusedRestoreNeedsNoSpaceAndWithRoomItGoesOn()
    {
        await using var child = ChildProcess.StartUnder(
            ["unshare", "-m", "sh", "-c", $"mount -t tmpfs -o size=8m tmpfs '{_scratch.Path}' && exec \"$@\"", "sh"],
            "full-disk-commands",
            _scratch.Path
        );
        Assert.Equal("first backup: 0", await child.ReadLineAsync("the first backup"));
        Assert.Equal("backup: 1 StoreFull", await child.ReadLineAsync("the backup that does not fit"));
        Assert.Equal("restore: 0", await child.ReadLineAsync("the restore"));
        Assert.Equal("restored: Dear Anna", await child.ReadLineAsync("the restored file"));
        Assert.Equal("list: 0", await child.ReadLineAsync("the recovery points"));
        Assert.Equal("verify: 0", await child.ReadLineAsync("the check"));
        Assert.Equal("backup with room: 0", await child.ReadLineAsync("the backup that fits"));
        await child.RequireSuccessAsync();
    }
}
