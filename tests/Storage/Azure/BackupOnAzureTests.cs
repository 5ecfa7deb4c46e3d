using RecoveryVault.Storage.Azure;
using RecoveryVault.Tests.Cluster;

namespace RecoveryVault.Tests.Storage.Azure;

/// <summary>The real grains, sessions and client on a store in Azurite.</summary>
[NeedsTools("node", "npm")]
public sealed class BackupOnAzureTests
{
    private readonly string _container = AzuriteServer.NewContainerName();

    [StoreFact]
    public async Task BackUp_OnAzurite_RestoresEveryByte()
    {
        await InClusterAsync(
            await AzuriteServer.SharedAsync(),
            null,
            async item =>
            {
                await item.BackUpAsync();
                await item.BackUpAsync();
                await item.RestoreAsync();
                Assert.Equal(2, await CountAsync(item));
            }
        );
    }

    /// <summary>One request in a few is troubled, lost answers above all; each trouble passes.</summary>
    [StoreFact]
    public async Task BackUp_AnswersLostAndServiceBusy_IsAcknowledgedOnceAndRestores()
    {
        var azurite = await AzuriteServer.SharedAsync();
        await using var proxy = FaultProxy.Start(azurite);
        proxy.Answer = (503, "ServerBusy");
        await InClusterAsync(
            azurite,
            proxy.Port,
            async item =>
            {
                var count = 0;
                var troubled = 0;
                proxy.Rule = request =>
                {
                    var trouble = (Interlocked.Increment(ref count) % 5, request.Method) switch
                    {
                        (0, "PUT") => Trouble.CutAfter,
                        (3, "PUT" or "GET") => Trouble.AnsweredInstead,
                        (4, "GET") => Trouble.CutBefore,
                        _ => Trouble.None,
                    };
                    if (trouble is not Trouble.None)
                        Interlocked.Increment(ref troubled);
                    return trouble;
                };
                await item.BackUpAsync();
                await item.BackUpAsync();
                await item.RestoreAsync();
                proxy.Rule = _ => Trouble.None;
                Assert.True(troubled > 10, $"only {troubled} of {count} requests were troubled");
                Assert.Equal(2, await CountAsync(item));
            }
        );
    }

    private async Task InClusterAsync(AzuriteServer azurite, int? port, Func<KeyedItem, Task> act)
    {
        var store = await AzureBlobStore.OpenAsync(AzureStage.Connect(azurite, _container, port), create: true, options: AzureStage.Quick);
        var cluster = new VaultCluster { Silos = 1, Place = store };
        await cluster.InitializeAsync();
        try
        {
            using var item = await KeyedItem.CreateAsync(cluster);
            await act(item);
        }
        finally
        {
            await cluster.DisposeAsync();
        }
    }

    private static async Task<int> CountAsync(KeyedItem item) =>
        (await item.Grain.ListRecoveryPointsAsync(new PageRequest(null))).Items.Count;
}
