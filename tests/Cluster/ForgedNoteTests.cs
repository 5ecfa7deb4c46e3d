using System.Buffers;
using System.Text.Json.Nodes;
using RecoveryVault.Errors;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Cluster;

/// <summary>Whoever can write to the store has the cluster write nothing into the authentic log for him.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class ForgedNoteTests(VaultCluster cluster)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Record_OwingAForgedEntry_IsRefusedAndTheLogLacksIt(bool ofItem)
    {
        using var item = await KeyedItem.CreateAsync(cluster, hasKey: false);
        var stage = item.Stage;
        await item.BackUpAsync();
        var name = ofItem ? GrainRecords.ItemBlob(item.Key) : $"{GrainRecords.AllVaultBlobs}{stage.Vault.VaultId}.json";
        var authentic = (await cluster.Store.GetAsync(name))!.Content.ToArray();
        var record = JsonNode.Parse(authentic)!.AsObject();
        record["owed"] = new JsonArray(
            new JsonObject
            {
                ["id"] = Guid.NewGuid().ToString(),
                ["correlationId"] = Guid.NewGuid().ToString(),
                ["endsJob"] = false,
                ["operation"] = "DeleteRecoveryPoint",
                ["caller"] = "anna@here",
                ["time"] = "2026-11-28T12:00:00+00:00",
                ["details"] = new JsonObject(),
            }
        );
        await WriteAsync(item, name, System.Text.Encoding.UTF8.GetBytes(record.ToJsonString()));

        var refusal = await VaultStage.CodeOfAsync(ofItem ? item.Grain.GetAsync : stage.Vault.Vault.GetAsync);

        Assert.Equal(ErrorCodes.RecordTampered, refusal);
        await WriteAsync(item, name, authentic);
        Assert.DoesNotContain(await stage.LogAsync(), e => e.Operation == "DeleteRecoveryPoint");
        await item.RestoreAsync();
    }

    private async Task WriteAsync(KeyedItem item, string name, byte[] content)
    {
        await cluster.Store.PutAsync(name, new ReadOnlySequence<byte>(content), PutCondition.Always);
        await cluster.DeactivateAsync(GrainId.Create(GrainRecords.ItemType, item.Key.ToString()));
        await cluster.DeactivateAsync(GrainId.Create(GrainRecords.VaultType, item.Key.VaultId.ToString()));
    }
}
