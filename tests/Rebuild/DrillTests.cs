using RecoveryVault.Errors;
using RecoveryVault.Rebuild;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Rebuild;

/// <summary>The drill: everything that only grains keep is lost, and rebuilt.</summary>
public sealed class DrillTests : IAsyncLifetime
{
    private readonly VaultCluster _cluster = new() { Silos = 1 };

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Rebuild_AllGrainStateLost_UsersSeeWhatTheySaw()
    {
        var stage = new RebuildStage(_cluster);
        using var place = await DrillPlace.CreateAsync(_cluster);
        using var scratch = new ScratchDirectory();
        var before = await stage.DumpAsync();
        await stage.LoseGrainStateAsync();

        var foreseen = await stage.RebuildAsync(isDryRun: true);
        Assert.Empty(await _cluster.Beneath.ListNamesAsync("grainstate/"));
        var report = await stage.RebuildAsync();

        Assert.Null(report.Failure);
        Assert.Equal(7, report.Vaults.Count(v => v.Status == RebuildStatus.Rebuilt));
        Assert.Equal(Counts(foreseen), Counts(report));
        Assert.Equal(before, await stage.DumpAsync());
        foreach (var item in new[] { place.Followed, place.Pinned, place.Platform })
            Assert.True(await stage.RestoreAllAsync(item.Key.VaultId, scratch) > 0);
        await GoesOnAsync(place);

        await stage.StopAsync();
        Assert.DoesNotContain((await stage.RebuildAsync()).Vaults, v => v.IsTouched);
    }

    private static string Counts(RebuildReport report) =>
        string.Join(
            '\n',
            report.Vaults.Select(v =>
                $"{v.Name} {v.Status} {v.NamesRebuilt} {string.Join(' ', v.Items.Select(i => $"{i.Name}:{i.Status}"))}"
            )
        );

    /// <summary>Rotation, backup, expiry and reclaim go on; what is safe to disable is right.</summary>
    private async Task GoesOnAsync(DrillPlace place)
    {
        var item = place.Followed;
        await item.Stage.KeyOwner.CreateKeyAsync("kek", new() { Kty = "RSA" });
        await VaultClient.SyncAsync(item.Stage.Vault);
        Assert.Equal(4, (await item.BackUpAsync()).Outcome.RecoveryPoint.Seq);
        var versions = await item.Stage.Vault.Vault.ListKeyVersionsAsync();
        Assert.Equal([false], versions.Where(v => !v.SafeToDisable).Select(v => v.SafeToDisable));
        foreach (var version in versions.Where(v => v.SafeToDisable && v.KeyId.StartsWith("https", StringComparison.Ordinal)))
            await item.Stage.KeyOwner.UpdateKeyAsync("kek", version.KeyVersion, new() { Enabled = false });
        item.ForgetKeys();
        await item.RestoreAsync();
        var reclaimed = await _cluster.Client.ReclaimAsync(new());
        Assert.DoesNotContain(reclaimed, r => r.IsFailed && r.ItemName == "papers" && r.VaultName == item.Stage.Name);
        Assert.Equal(ErrorCodes.VaultNotFound, await VaultStage.CodeOfAsync(() => place.Shredded.Stage.Vault.Vault.GetAsync()));
        Assert.Contains(await item.Stage.LogAsync(), e => e is { Operation: "RebuildStore", Caller: "rebuilder@here" });
        Assert.Null((await item.Stage.Vault.Activity.VerifyAsync(1)).Fault);
    }
}
