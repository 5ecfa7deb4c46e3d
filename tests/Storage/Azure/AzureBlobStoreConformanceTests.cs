using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Storage.Azure;

[NeedsTools("node", "npm")]
public sealed class AzureBlobStoreConformanceTests : BlobStoreConformance
{
    protected override async Task<IBlobStore> OpenAsync() => await AzureStage.NewStoreAsync();
}
