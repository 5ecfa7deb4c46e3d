using System.Text.Json;
using RecoveryVault.Items;
using RecoveryVault.Rebuild;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Tampering;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Model;

internal sealed partial class ModelRun
{
    /// <summary>Some of what only grains keep is lost while nothing runs, and rebuilt: then everything is as it was.</summary>
    private async Task LoseRecordsAsync(Step step)
    {
        if (_pending.Count > 0)
            return;
        await DeactivateAsync();
        var before = await KnownAsync();
        var dice = new Dice((ulong)step.B);
        foreach (var folder in (string[])["grainstate/", "names/"])
        await foreach (var blob in cluster.Blobs.ListAllAsync(folder))
            if (dice.Next(2) == 0)
                await cluster.Blobs.DeleteAsync(blob.Name);
        var rebuild = new StoreRebuild(cluster.Blobs, cluster.Keyring, cluster.Time);
        var report = await rebuild.RunAsync(new RebuildOptions { Caller = "rebuilder@here" });
        await DeactivateAsync();
        if (report.Failure is { } failure)
            throw new InvariantBrokenException($"Rebuild: {failure.Code}: {failure.Message}");
        foreach (var (name, text) in await KnownAsync())
            if (before.GetValueOrDefault(name) != text)
                throw new InvariantBrokenException($"Rebuild: '{name}' was\n{before.GetValueOrDefault(name)}\nand is\n{text}");
        _toObserve = ItemOf(step);
        tally.Meet(Situation.RecordsRebuilt);
    }

    /// <summary>What must come back of each record.</summary>
    private async Task<Dictionary<string, string>> KnownAsync()
    {
        Dictionary<string, string> known = [];
        foreach (var item in Items.Values)
            if (await ReadItemAsync(item.Key) is { } record)
                known[item.Name] = JsonSerializer.Serialize(Lasting(record), RecordJson.Default.ItemRecord);
        known[""] = JsonSerializer.Serialize(Lasting(await ReadVaultAsync()), RecordJson.Default.VaultRecord);
        return known;
    }

    private static ItemRecord Lasting(ItemRecord record) => record with { Slot = null, Condemned = null, Owed = [] };

    private static VaultRecord Lasting(VaultRecord record) =>
        record with
        {
            Roster = [.. record.Roster.OrderBy(i => i.ToString(), StringComparer.Ordinal)],
            Owed = [],
            Alerts = [],
            Health = null,
            LastPolledAt = null,
            RotationJobId = null,
            RecentOperations = [],
        };
}
