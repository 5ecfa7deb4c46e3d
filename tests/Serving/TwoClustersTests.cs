using System.Runtime.Versioning;
using RecoveryVault.Backups;
using RecoveryVault.Connections;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Restores;
using RecoveryVault.Stores;
using RecoveryVault.Tests.Cli;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Serving;

/// <summary>
/// Two clusters on one store, as processes: while the first stands still in the middle of a backup the second takes the store over, and
/// the first goes on. It takes most of a minute, so only where more than the least is asked for.
/// </summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class TwoClustersTests : IDisposable
{
    private const int FileBytes = 48 << 20;
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(10);

    private readonly SiloPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task Clusters_SecondTakesOverFromAFrozenOne_FirstEndsAndNothingIsLost()
    {
        if (TestScale.Factor < 3)
            return;
        await _place.CreateStoreAsync();
        using var secret = SecretFile.Read(_place.SecretPath);
        await using var first = _place.Start("RVAULT_CLUSTER_ID=first");
        var frozen = await SiloPlace.ReadyAsync(first);
        await using var old = await ConnectAsync(frozen, "first", secret, TimeSpan.Zero);
        var item = await _place.ProtectAsync(old.Client);
        await old.Client.BackUpAsync(item, new BackupOptions());
        _place.MakeSource("source", FileBytes, FileBytes);
        var interrupted = await FreezeInTheMiddleAsync(old.Client, item, frozen);

        await using var second = _place.Start("RVAULT_CLUSTER_ID=second");
        await using var now = await ConnectAsync(await SiloPlace.ReadyAsync(second), "second", secret, SiloPlace.Patience);
        item = await now.Client.FindItemAsync("docs", "papers");
        await now.Client.BackUpAsync(item, new BackupOptions());
        await SiloPlace.SignalAsync(frozen, "CONT");

        Assert.Equal(1, await first.WaitAsync());
        Assert.Contains($"{ErrorCodes.StoreOfAnotherCluster}: The silos of cluster 'second'", first.Errors, StringComparison.Ordinal);
        Assert.Equal(ErrorCodes.ClusterUnavailable, (await Assert.ThrowsAsync<VaultException>(() => interrupted)).Code);
        await now.Client.BackUpAsync(item, new BackupOptions());
        Assert.Equal(3, (await item.ListRecoveryPointsAsync(new())).Items.Count);
        var report = await now.Client.RestoreAsync(item, new RestoreOptions { Target = _place["restored"] });
        Assert.Equal(0, report.Damaged + report.Failed + report.Lost);
        Assert.True(ChildProcess.Succeeds("diff", "-r", _place["source"], _place["restored"]));
        await SiloPlace.SignalAsync(new SiloAt(second, frozen.Gateway, ""), "TERM");
        Assert.Equal(0, await second.WaitAsync());
        await RequireWholeAsync();
    }

    private static async Task<Task<BackupReport>> FreezeInTheMiddleAsync(VaultClient client, IProtectedItemGrain item, SiloAt silo)
    {
        var options = new BackupOptions();
        var backup = client.BackUpAsync(item, options);
        while (options.Counters.BytesRead < FileBytes)
            await Task.Delay(LookPeriod, TimeProvider.System);
        await SiloPlace.SignalAsync(silo, "STOP");
        return backup;
    }

    private static Task<ClusterConnection> ConnectAsync(SiloAt silo, string clusterId, ConnectionSecret secret, TimeSpan patience) =>
        ClusterConnection.OpenAsync(
            SiloPlace.OptionsOf([silo], secret) with
            {
                ClusterId = clusterId,
                Patience = patience,
            },
            TimeProvider.System
        );

    /// <summary>Nothing that is stored is damaged.</summary>
    private async Task RequireWholeAsync()
    {
        List<string> faults = [];
        using var store = await EmbeddedStore.OpenAsync(_place.Options, TimeProvider.System);
        await new StoreScrub(store.Blobs, (name, fault) => faults.Add($"{name}: {fault}")).RunAsync();
        Assert.Equal([], faults);
    }
}
