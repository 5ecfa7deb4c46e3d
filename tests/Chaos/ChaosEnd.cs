using System.Runtime.Versioning;
using RecoveryVault.Activity;
using RecoveryVault.Jobs;
using RecoveryVault.Restores;
using RecoveryVault.Stores;

namespace RecoveryVault.Tests.Chaos;

/// <summary>What must be true when all is over, seen by a cluster that remembers nothing.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class ChaosEnd(ChaosPlace place, ChaosVaults vaults, VaultClient client)
{
    /// <summary>How many acknowledged points are in no list.</summary>
    public int Lost { get; private set; }

    public int Restored { get; private set; }

    /// <summary>Points whose acknowledgement was lost on its way: there, though nobody was told.</summary>
    public int Unheard { get; private set; }

    public async Task CheckAsync(int samples, ChaosDraw draw)
    {
        foreach (var item in vaults.Items)
            await CheckListAsync(item);
        for (var i = 0; i < samples; i++)
            await CheckPointAsync(vaults.Items[i % vaults.Items.Count], isLatest: i < vaults.Items.Count, draw);
        foreach (var id in vaults.Ids)
            await CheckVaultAsync(client.Open(id));
        await ScrubAsync();
    }

    private async Task CheckListAsync(ChaosItem item)
    {
        HashSet<string> listed = [];
        await foreach (var point in VaultClient.AllAsync(client.OpenItem(item.Key).ListRecoveryPointsAsync))
            listed.Add(point.Name);
        var acknowledged = item.Points.Select(p => p.Name).ToList();
        Assert.Equal(acknowledged.Count, acknowledged.Distinct().Count());
        Lost += acknowledged.Count(name => !listed.Contains(name));
        Unheard += listed.Except(acknowledged).Count();
    }

    private async Task CheckPointAsync(ChaosItem item, bool isLatest, ChaosDraw draw)
    {
        var points = item.Points.ToList();
        var point = points[isLatest ? points.Count - 1 : draw.Below(points.Count)];
        var target = place[$"restored-{Restored}"];
        await client.RestoreAsync(client.OpenItem(item.Key), new RestoreOptions { Target = target, RecoveryPoint = point.Name });
        Assert.Equal(point.Content, ChaosItem.ContentOf(target));
        Directory.Delete(target, recursive: true);
        Restored++;
    }

    /// <summary>Nothing is being done for anybody any more.</summary>
    public static async Task RequireNoJobsAsync(NamedVault vault)
    {
        await foreach (var job in VaultClient.AllAsync(page => vault.Jobs.ListAsync(new JobQuery(JobStatus.InProgress, null, page))))
            Assert.Fail($"The job {job.Operation} of {job.ItemName} has not ended since {job.StartTime:O}");
    }

    private static async Task CheckVaultAsync(NamedVault vault)
    {
        await RequireNoJobsAsync(vault);
        for (long? next = 1; next is { } seq; )
        {
            ActivityCheck check = await vault.Activity.VerifyAsync(seq);
            Assert.True(check.Fault is null, $"The activity log is wrong at {check.FaultSeq}: {check.Fault}");
            next = check.NextSeq;
        }
    }

    private async Task ScrubAsync()
    {
        List<string> faults = [];
        await new StoreScrub(await place.OpenStoreAsync(), (name, fault) => faults.Add($"{name}: {fault}")).RunAsync();
        Assert.Equal([], faults);
    }
}
