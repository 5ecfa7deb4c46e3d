using Azure.Storage.Blobs;
using RecoveryVault.Storage.Azure;

namespace RecoveryVault.Tests.Storage.Azure;

/// <summary>Stores on Azurite that a test opens and fails as fast as a test wants to.</summary>
internal static class AzureStage
{
    public static AzureBlobStoreOptions Quick { get; } =
        new() { FirstDelay = TimeSpan.FromMilliseconds(5), Patience = TimeSpan.FromSeconds(5) };

    /// <summary>Opens a container, through another port when there is one.</summary>
    public static Func<BlobClientOptions, BlobContainerClient> Connect(AzuriteServer azurite, string container, int? port = null) =>
        options => new BlobContainerClient(AzuriteServer.ConnectionStringAt(port ?? azurite.Port), container, options);

    /// <summary>An empty store in a container of its own.</summary>
    public static async Task<AzureBlobStore> NewStoreAsync() =>
        await AzureBlobStore.OpenAsync(
            Connect(await AzuriteServer.SharedAsync(), AzuriteServer.NewContainerName()),
            create: true,
            options: Quick
        );
}
