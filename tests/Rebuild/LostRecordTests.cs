using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Rebuild;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Rebuild;

/// <summary>Single records lost or damaged: nobody goes on as if there had been nothing, and a rebuild mends these alone.</summary>
[Collection(RebuildCollection.Name)]
public sealed class LostRecordTests(VaultCluster cluster)
{
    private readonly RebuildStage _stage = new(cluster);

    private static string BlobOf(VaultId vaultId) => $"{GrainRecords.AllVaultBlobs}{vaultId}.json";

    private async Task<Dictionary<string, string?>> StateAsync()
    {
        Dictionary<string, string?> state = [];
        foreach (var name in (await cluster.Beneath.ListNamesAsync("")).Where(RebuildStage.IsGrainState))
            state[name] = await cluster.Beneath.GetTextAsync(name);
        return state;
    }

    [Fact]
    public async Task Rebuild_NothingLost_WritesNothing()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        await item.BackUpAsync();
        await _stage.StopAsync();
        var counted = new FaultyBlobStore(cluster.Beneath);

        var report = await _stage.RebuildAsync(store: counted);

        Assert.Equal(RebuildStatus.Kept, report.Vaults.Single(v => v.VaultId == item.Key.VaultId).Status);
        Assert.Equal(0, counted.Count(BlobCalls.Put | BlobCalls.Delete));
    }

    [Fact]
    public async Task Item_RecordLost_KeepsItsKeysThroughARotation_AndIsRebuiltAlone()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        await item.BackUpAsync();
        await _stage.LoseAsync(name => name == GrainRecords.ItemBlob(item.Key));
        await item.Stage.KeyOwner.CreateKeyAsync("kek", new() { Kty = "RSA" });

        Assert.Equal(ErrorCodes.RotationBlocked, await VaultStage.CodeOfAsync(() => VaultClient.SyncAsync(item.Stage.Vault)));
        Assert.Equal(ErrorCodes.DataMissing, await VaultStage.CodeOfAsync(() => item.Stage.ProtectAsync("papers")));
        Assert.NotEmpty(await cluster.Beneath.ListNamesAsync($"rings/{item.Key.ItemId}/"));
        await _stage.StopAsync();
        var report = await _stage.RebuildAsync();

        Assert.Equal(RebuildStatus.Kept, report.Vaults.Single(v => v.VaultId == item.Key.VaultId).Status);
        await VaultClient.SyncAsync(item.Stage.Vault);
        await item.RestoreAsync();
        Assert.Equal(2, (await item.BackUpAsync()).Outcome.RecoveryPoint.Seq);
    }

    [Fact]
    public async Task Vault_RecordLost_IsNotMadeAnew_AndComesBackAsItWas()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        await item.BackUpAsync();
        var before = await item.Stage.Vault.Vault.GetEncryptionAsync();
        await _stage.LoseAsync(name => name == BlobOf(item.Key.VaultId));

        Assert.Equal(
            ErrorCodes.DataMissing,
            await VaultStage.CodeOfAsync(() => cluster.Client.Directory.CreateVaultAsync(VaultStage.Request(item.Stage.Name)))
        );
        await _stage.StopAsync();
        await _stage.RebuildAsync();

        Assert.Equal(before with { LastPolledAt = null }, (await item.Stage.Vault.Vault.GetEncryptionAsync()) with { LastPolledAt = null });
        await item.RestoreAsync();
    }

    [Theory]
    [InlineData("damaged")]
    [InlineData("edited")]
    [InlineData("brought back")]
    public async Task Records_DamagedOrEditedOrBroughtBack_AreRebuilt(string how)
    {
        using var item = await KeyedItem.CreateAsync(cluster, hasKey: false);
        string[] names = [BlobOf(item.Key.VaultId), GrainRecords.ItemBlob(item.Key)];
        await item.BackUpAsync();
        var old = await Task.WhenAll(names.Select(n => cluster.Beneath.GetTextAsync(n)));
        for (var i = 0; i < 3; i++)
        {
            await item.BackUpAsync();
            await item.Stage.Vault.Vault.AddPrivateEndpointAsync(new ChangePrivateEndpoint(Guid.NewGuid(), $"pe{i}"));
        }
        await _stage.StopAsync();
        var before = await StateAsync();
        for (var i = 0; i < names.Length; i++)
            await cluster.Beneath.PutTextAsync(
                names[i],
                how switch
                {
                    "damaged" => "\0\0\0",
                    "edited" => before[names[i]]!
                        .Replace("papers", "others", StringComparison.Ordinal)
                        .Replace("pe1", "pe9", StringComparison.Ordinal),
                    _ => old[i]!,
                },
                PutCondition.Always
            );

        var report = await _stage.RebuildAsync();

        var vault = report.Vaults.Single(v => v.VaultId == item.Key.VaultId);
        Assert.Equal((RebuildStatus.Rebuilt, RebuildStatus.Rebuilt), (vault.Status, vault.Items.Single().Status));
        Assert.Equal(before[names[1]], await cluster.Beneath.GetTextAsync(names[1]));
        await item.RestoreAsync();
        Assert.Equal(3, (await item.Stage.Vault.Vault.GetAsync()).PrivateEndpoints.Count);
    }

    /// <summary>Whatever write fails or is the last before the process dies: the next one ends with what an undisturbed one does.</summary>
    [Fact]
    public async Task Rebuild_AnyWriteFailsOrIsTheLast_TheNextOneEndsTheSame()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        await item.BackUpAsync();
        await item.Grain.DeleteAsync(new DeleteItem(Guid.NewGuid(), "moved"));
        await _stage.StopAsync();
        await _stage.RebuildAsync();
        var before = await StateAsync();
        var kept = cluster.Beneath.Copy();
        foreach (
            var name in before.Keys.Where(n =>
                n.Contains(item.Key.VaultId.ToString(), StringComparison.Ordinal) || n.EndsWith(item.Stage.Name, StringComparison.Ordinal)
            )
        )
            await cluster.Beneath.DeleteAsync(name);
        var lost = cluster.Beneath.Copy();
        foreach (var fault in Fault.Everywhere)
        {
            for (var (nth, hit) = (0, true); hit; nth++)
            {
                cluster.Beneath.Become(lost);
                var faulty = new FaultyBlobStore(cluster.Beneath).Inject(fault, BlobCalls.Put, nth);
                try
                {
                    await _stage.RebuildAsync(store: faulty);
                }
                catch (Exception e) when (e is BlobStoreException or SimulatedCrashException or VaultException) { }
                hit = faulty.Count(BlobCalls.Put) > nth;
                await _stage.RebuildAsync();
                foreach (var (name, text) in await StateAsync())
                    Assert.True(IsSame(before[name], text), $"{fault} at write {nth}: {name}\n{before[name]}\n{text}");
                Assert.Equal(before.Count, (await StateAsync()).Count);
            }
        }
        cluster.Beneath.Become(kept);
    }

    /// <summary>A vault's record also has what is found out anew.</summary>
    private static bool IsSame(string? before, string? after) => Stable(before) == Stable(after);

    private static string? Stable(string? text)
    {
        if (text is null || !text.Contains("\"vaultId\"", StringComparison.Ordinal))
            return text;
        var record = System.Text.Json.JsonSerializer.Deserialize(text, RecordJson.Default.VaultRecord)!;
        return System.Text.Json.JsonSerializer.Serialize(
            record with
            {
                LastPolledAt = null,
                Health = null,
                Alerts = [],
                RecentOperations = [],
                RotationJobId = null,
            },
            RecordJson.Default.VaultRecord
        );
    }
}
