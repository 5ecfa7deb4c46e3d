using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using RecoveryVault.Items;
using RecoveryVault.Rebuild;
using RecoveryVault.Records;
using RecoveryVault.Restores;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Rebuild;

/// <summary>A cluster whose grains' records are lost and rebuilt while nothing of it is active, and what its users see of it.</summary>
internal sealed class RebuildStage(VaultCluster cluster)
{
    public static readonly string[] GrainState = ["grainstate/", "names/"];

    private static readonly JsonSerializerOptions Json = new()
    {
        Converters =
        {
            new VaultIdConverter(),
            new ItemIdConverter(),
            new ItemKeyConverter(),
            new DigestConverter(),
            new JsonStringEnumConverter(),
        },
    };

    public VaultCluster Cluster => cluster;

    private VaultClient Client => cluster.Client;

    /// <summary>Takes blobs away; returns what they held.</summary>
    public async Task<Dictionary<string, Blob>> LoseAsync(Func<string, bool> isLost)
    {
        await StopAsync();
        Dictionary<string, Blob> lost = [];
        foreach (var name in await cluster.Beneath.ListNamesAsync(""))
        {
            if (!isLost(name) || await cluster.Beneath.GetAsync(name) is not { } blob)
                continue;
            lost[name] = blob;
            await cluster.Beneath.DeleteAsync(name);
        }
        return lost;
    }

    public Task<Dictionary<string, Blob>> LoseGrainStateAsync() => LoseAsync(IsGrainState);

    public static bool IsGrainState(string name) => GrainState.Any(folder => name.StartsWith(folder, StringComparison.Ordinal));

    /// <summary>Nothing is remembered by anybody.</summary>
    public async Task StopAsync()
    {
        foreach (var name in await cluster.Beneath.ListNamesAsync(""))
        {
            if (GrainRecords.TryItemOf(name, out var key))
                await cluster.DeactivateAsync(GrainId.Create(GrainRecords.ItemType, key.ToString()));
            // Also of a vault without record somebody may remember that it had none.
            if (name.StartsWith("log/", StringComparison.Ordinal) && name.EndsWith("/0000000000000001", StringComparison.Ordinal))
                await cluster.RestartAsync(VaultId.Parse(name.Split('/')[1]));
        }
    }

    public Task<RebuildReport> RebuildAsync(bool isDryRun = false, bool acceptsLoss = false, IBlobStore? store = null) =>
        new StoreRebuild(store ?? cluster.Beneath, cluster.Keyring, cluster.Time).RunAsync(
            new RebuildOptions
            {
                IsDryRun = isDryRun,
                AcceptsLoss = acceptsLoss,
                Caller = "rebuilder@here",
            }
        );

    /// <summary>Everything that is listed and shown, as JSON; without what the documentation says may differ.</summary>
    public async Task<string> DumpAsync()
    {
        var dump = new JsonObject();
        await foreach (var vault in VaultClient.AllAsync(Client.Directory.ListVaultsAsync))
            dump[vault.Name] = await DumpAsync(Client.Open(vault.VaultId));
        var shreds = new JsonArray();
        await foreach (var shred in VaultClient.AllAsync(Client.Directory.ListShredsAsync))
            shreds.Add(Node(shred));
        dump["(shredded)"] = shreds;
        return dump.ToJsonString(new() { WriteIndented = true });
    }

    private async Task<JsonObject> DumpAsync(NamedVault vault)
    {
        var summary = await vault.Vault.GetAsync();
        var shown = new JsonObject
        {
            ["vault"] = Node(summary with { Alerts = [], Encryption = summary.Encryption with { LastPolledAt = null } }),
            ["policies"] = Node(await vault.Vault.ListPoliciesAsync()),
            ["versions"] = Node(await vault.Vault.ListKeyVersionsAsync()),
        };
        List<RecoveryVault.Activity.ActivityEntry> entries = [];
        await foreach (var entry in VaultClient.AllAsync(vault.Activity.ListAsync))
            if (entry.Operation is not ("RebuildStore" or "RaiseAlert" or "ResolveAlert"))
                entries.Add(entry with { Seq = 0 });
        shown["log"] = Node(entries);
        List<RecoveryVault.Jobs.JobSummary> jobs = [];
        await foreach (var job in VaultClient.AllAsync(page => vault.Jobs.ListAsync(new(null, null, page))))
            jobs.Add(job);
        shown["jobs"] = Node(jobs);
        var items = new JsonObject();
        await foreach (var item in VaultClient.AllAsync(vault.Vault.ListItemsAsync))
            items[item.Name] = await DumpAsync(new ItemKey(vault.VaultId, item.ItemId));
        shown["items"] = items;
        return shown;
    }

    private async Task<JsonObject> DumpAsync(ItemKey key)
    {
        var item = Client.OpenItem(key);
        List<RecoveryPointSummary> points = [];
        await foreach (var point in VaultClient.AllAsync(item.ListRecoveryPointsAsync))
            points.Add(point);
        return new JsonObject { ["item"] = Node(await item.GetAsync()), ["points"] = Node(points) };
    }

    private static JsonNode? Node<T>(T value) => JsonSerializer.SerializeToNode(value, Json);

    /// <summary>Restores every recovery point that can be restored; returns how many.</summary>
    public async Task<int> RestoreAllAsync(VaultId vaultId, ScratchDirectory scratch)
    {
        var (vault, count) = (Client.Open(vaultId), 0);
        await foreach (var item in VaultClient.AllAsync(vault.Vault.ListItemsAsync))
        {
            var grain = Client.OpenItem(new ItemKey(vaultId, item.ItemId));
            await foreach (var point in VaultClient.AllAsync(grain.ListRecoveryPointsAsync))
            {
                if (point.State != RecoveryPointState.Available)
                    continue;
                var target = scratch[$"{Guid.NewGuid():n}"];
                await Client.RestoreAsync(grain, new RestoreOptions { Target = target, RecoveryPoint = point.Name });
                Assert.True(File.Exists(Path.Join(target, "file")));
                count++;
            }
        }
        return count;
    }
}
