using RecoveryVault.Tests.Processes;

namespace RecoveryVault.Tests.Storage;

/// <summary>A disk that is really full, at each place where it can be: the child process mounts it for itself.</summary>
public sealed class FileBlobStoreNoSpaceTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [SmallFileSystemFact]
    public async Task Put_DoesNotFit_IsStoreFullLeavesNothingAndTheNextSmallOneWorks()
    {
        await using var child = StartIn("size=1m", "fill-disk");
        Assert.Equal("put of 300 KB: ok", await child.ReadLineAsync("the first put"));
        Assert.Equal("replacement by 900 KB: StoreFull", await child.ReadLineAsync("the replacement"));
        Assert.Equal("creation of 900 KB: StoreFull", await child.ReadLineAsync("the creation"));
        Assert.Equal("old content: whole, temporary files: 0, blobs: 1", await child.ReadLineAsync("the state"));
        Assert.Equal("small put: ok", await child.ReadLineAsync("the small put"));
        await child.RequireSuccessAsync();
    }

    [SmallFileSystemFact]
    public async Task Put_UntilNothingFits_EveryAcknowledgedBlobIsWholeAndDeletingMakesRoom()
    {
        foreach (var options in new[] { "size=1m", "size=8m,nr_inodes=120" })
        {
            await using var child = StartIn(options, "fill-disk-up");
            Assert.Equal("StoreFull", await child.ReadLineAsync("a full disk"));
            Assert.Equal("acknowledged blobs: whole, temporary files: 0", await child.ReadLineAsync("the state"));
            Assert.Equal("lock and read: ok", await child.ReadLineAsync("a reader"));
            Assert.Equal("delete and put: ok", await child.ReadLineAsync("the room made"));
            await child.RequireSuccessAsync();
        }
    }

    private ChildProcess StartIn(string options, string role) =>
        ChildProcess.StartUnder(
            ["unshare", "-m", "sh", "-c", $"mount -t tmpfs -o {options} tmpfs '{_scratch.Path}' && exec \"$@\"", "sh"],
            role,
            _scratch["store"]
        );
}
