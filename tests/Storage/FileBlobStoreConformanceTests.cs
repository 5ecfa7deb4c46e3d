using RecoveryVault.Storage;
using RecoveryVault.Tests.Processes;

namespace RecoveryVault.Tests.Storage;

public sealed class FileBlobStoreConformanceTests : BlobStoreConformance
{
    private readonly string _root = Directory.CreateTempSubdirectory("rvault-test-").FullName;

    protected override bool ListsETags => false;

    protected override Task<IBlobStore> OpenAsync() =>
        Task.FromResult<IBlobStore>(new FileBlobStore(_root, options: new FileBlobStoreOptions { CreateIfMissing = true }));

    protected override Task CloseAsync()
    {
        // The runtime's own recursive deletion gives up where the longest names lie.
        Assert.True(ChildProcess.Succeeds("rm", "-rf", _root), $"{_root} was not removed");
        return Task.CompletedTask;
    }
}
