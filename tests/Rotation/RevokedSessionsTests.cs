using Orleans.Runtime.Placement;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Tests.Cluster;

namespace RecoveryVault.Tests.Rotation;

/// <summary>How soon a revocation ends what is open on both silos, whoever hears of it, and when nobody does.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class RevokedSessionsTests(VaultCluster cluster)
{
    /// <summary>An open item on each silo of the cluster.</summary>
    private async Task<IReadOnlyList<HotItem>> OpenOnBothSilosAsync(RotationStage stage)
    {
        List<HotItem> hot = [];
        foreach (var silo in cluster.Cluster.GetActiveSilos().ToList())
        {
            var name = $"i{hot.Count}";
            await stage.ProtectAsync(name);
            await stage.BackUpAsync(name);
            await cluster.DeactivateAsync(GrainId.Create("item", (await stage.KeyOfAsync(name)).ToString()));
            RequestContext.Set(IPlacementDirector.PlacementHintKey, silo.SiloAddress);
            hot.Add(await HotItem.OpenAsync(cluster, stage, name));
            RequestContext.Clear();
        }
        Assert.Equal(2, hot.Select(h => h.Silo).Distinct().Count());
        return hot;
    }

    private static async Task<IReadOnlyList<string>> UseAllAsync(IReadOnlyList<HotItem> hot)
    {
        List<string> codes = [];
        foreach (var item in hot)
            codes.AddRange([await item.ReadAsync(), await item.WriteAsync()]);
        return codes;
    }

    private async Task RequireEndedAsync(RotationStage stage, IReadOnlyList<HotItem> hot)
    {
        var names = hot.Select(h => h.Name).ToArray();
        var stored = await stage.DataOfAsync(names);
        Assert.All(await UseAllAsync(hot), code => Assert.Equal(ErrorCodes.UserErrorCMKKeyDisabled, code));
        Assert.Equal(stored.Keys, (await stage.DataOfAsync(names)).Keys);
        foreach (var item in hot)
        {
            // Told already; ended, its keys zeroed, by the grain's next round.
            for (var i = 0; i < 1000 && await StatusAsync() == JobStatus.InProgress; i++)
                cluster.Time.Advance(TimeSpan.FromSeconds(i % 50 == 0 ? 1 : 0));
            var job = await stage.Vault.Jobs.GetAsync(item.Backup.JobId);
            Assert.Equal((JobStatus.Failed, ErrorCodes.UserErrorCMKKeyDisabled), (job.Status, job.ErrorDetails[0].Code));
            Assert.NotEmpty(job.ErrorDetails[0].Recommendation);

            async Task<JobStatus> StatusAsync() => (await stage.Vault.Jobs.GetAsync(item.Backup.JobId)).Status;
        }
    }

    private static async Task RequireHealedAsync(RotationStage stage, IReadOnlyList<HotItem> hot)
    {
        foreach (var item in hot)
        {
            await stage.RequireRestorableAsync(item.Name);
            await stage.BackUpAsync(item.Name);
        }
    }

    [Fact]
    [Trait("Requirement", "R39")]
    [Trait("Requirement", "R64")]
    public async Task OpenSessionsOfTwoSilos_AMinuteAfterTheFirstDenial_OpenAndSealNothing_AndHeal()
    {
        using var stage = await RotationStage.CreateAsync(cluster);
        await stage.ProtectAsync("other");
        var hot = await OpenOnBothSilosAsync(stage);
        Assert.All(await UseAllAsync(hot), code => Assert.Equal("", code));
        var v1 = await stage.CurrentAsync();
        await stage.EnableAsync(v1, false);

        Assert.Equal(ErrorCodes.UserErrorCMKKeyDisabled, await HotItem.CodeOfAsync(() => stage.BackUpAsync("other")));
        cluster.Time.Advance(TimeSpan.FromSeconds(60));

        await RequireEndedAsync(stage, hot);
        await stage.EnableAsync(v1, true);
        await RequireHealedAsync(stage, hot);
    }

    [Fact]
    [Trait("Requirement", "R39")]
    [Trait("Requirement", "R64")]
    public async Task OpenSessionsOfTwoSilos_TenMinutesAfterTheKeyVaultBeginsToRefuse_OpenAndSealNothing_ThoughNobodyElseAsks()
    {
        using var stage = await RotationStage.CreateAsync(cluster);
        var hot = await OpenOnBothSilosAsync(stage);
        Assert.All(await UseAllAsync(hot), code => Assert.Equal("", code));
        var v1 = await stage.CurrentAsync();
        await stage.EnableAsync(v1, false);

        // In use all the time, so that no client is taken for dead; their keys are as old as the sessions.
        for (var seconds = 0; seconds < DekCache.TimeToLive.TotalSeconds; seconds += 20)
        {
            cluster.Time.Advance(TimeSpan.FromSeconds(20));
            foreach (var item in hot)
                await item.AskAsync();
        }

        await RequireEndedAsync(stage, hot);
        await stage.EnableAsync(v1, true);
        await RequireHealedAsync(stage, hot);
    }
}
