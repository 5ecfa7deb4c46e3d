using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Storage;

public sealed class MemoryBlobStoreTests : BlobStoreConformance
{
    protected override Task<IBlobStore> OpenAsync() => Task.FromResult<IBlobStore>(new MemoryBlobStore());
}
