using System.Runtime.Versioning;
using RecoveryVault.Backups;
using RecoveryVault.Connections;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Restores;
using RecoveryVault.Tests.Cli;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Serving;

/// <summary>Three silos as processes on one store directory, and what becomes of work when they go.</summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class ClusterTests : IDisposable
{
    private const int FileBytes = 48 << 20;
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(10);

    private readonly SiloPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task Cluster_SilosKilledAndStopped_FinishesBackupsAndLosesNothing()
    {
        await _place.CreateStoreAsync();
        ChildProcess[] processes = [_place.Start(), _place.Start(), _place.Start()];
        try
        {
            var silos = await Task.WhenAll(processes.Select(SiloPlace.ReadyAsync));
            await OthersAreRefusedAsync(silos);
            using var secret = SecretFile.Read(_place.SecretPath);
            await using var connection = await ClusterConnection.OpenAsync(SiloPlace.OptionsOf(silos, secret), TimeProvider.System);
            var (client, item) = (connection.Client, await _place.ProtectAsync(connection.Client));
            var first = await client.BackUpAsync(item, new BackupOptions());

            await BackUpWhileAsync(client, item, silos, host => host.Process.KillAsync());

            Assert.Equal(2, (await item.ListRecoveryPointsAsync(new())).Items.Count);
            await RestoreWhileStoppingAsync(client, item, silos);
            await RestoreAsync(client, item, "first", first.Outcome.RecoveryPoint.Name);
        }
        finally
        {
            foreach (var process in processes)
                await process.DisposeAsync();
        }
        // Nothing holds the store any more: a process alone finds everything.
        using var alone = await EmbeddedStore.OpenAsync(_place.Options, TimeProvider.System);
    }

    /// <summary>A silo that stands still for longer than the others wait: only where more than the least is asked for.</summary>
    [Fact]
    public async Task Cluster_SiloFrozenAndThawed_EndsByItselfAndHasCommittedNothing()
    {
        if (TestScale.Factor < 3)
            return;
        await _place.CreateStoreAsync();
        await using var first = _place.Start();
        await using var second = _place.Start();
        var silos = await Task.WhenAll(SiloPlace.ReadyAsync(first), SiloPlace.ReadyAsync(second));
        using var secret = SecretFile.Read(_place.SecretPath);
        await using var connection = await ClusterConnection.OpenAsync(SiloPlace.OptionsOf(silos, secret), TimeProvider.System);
        var item = await _place.ProtectAsync(connection.Client);
        await connection.Client.BackUpAsync(item, new BackupOptions());

        var frozen = await BackUpWhileAsync(connection.Client, item, silos, host => SiloPlace.SignalAsync(host, "STOP"));
        await SiloPlace.SignalAsync(frozen, "CONT");

        Assert.Equal(1, await frozen.Process.WaitAsync());
        Assert.Contains($"{ErrorCodes.ClusterUnavailable}: This silo must not go on", frozen.Process.Errors, StringComparison.Ordinal);
        Assert.Equal(2, (await item.ListRecoveryPointsAsync(new())).Items.Count);
        await RestoreAsync(connection.Client, item, "latest", null);
    }

    /// <summary>Something befalls the silo that hosts the item in the middle of its backup.</summary>
    private async Task<SiloAt> BackUpWhileAsync(VaultClient client, IProtectedItemGrain item, SiloAt[] silos, Func<SiloAt, Task> befall)
    {
        _place.MakeSource("source", FileBytes, FileBytes, FileBytes, FileBytes);
        var host = await HostOfAsync(item, silos);
        var losses = new List<VaultException>();
        var options = new BackupOptions { OnRestart = losses.Add };

        var backup = client.BackUpAsync(item, options);
        while (options.Counters.BytesRead < 2L * FileBytes)
            await Task.Delay(LookPeriod, TimeProvider.System);
        await befall(host);
        var killed = TimeProvider.System.GetTimestamp();
        var report = await backup;

        Assert.NotEmpty(losses);
        Assert.Equal(4, report.Statistics.Files);
        Assert.True(TimeProvider.System.GetElapsedTime(killed) < SiloPlace.Patience, $"{TimeProvider.System.GetElapsedTime(killed)}");
        return host;
    }

    /// <summary>The silo that hosts the item is told to end in the middle of a restore, which goes on elsewhere.</summary>
    private async Task RestoreWhileStoppingAsync(VaultClient client, IProtectedItemGrain item, SiloAt[] silos)
    {
        var host = await HostOfAsync(item, silos);
        var options = new RestoreOptions { Target = _place["latest"] };

        var restore = client.RestoreAsync(item, options);
        while (options.Counters.Bytes < FileBytes && !restore.IsCompleted)
            await Task.Delay(LookPeriod, TimeProvider.System);
        await SiloPlace.SignalAsync(host, "TERM");
        var report = await restore;

        Assert.Equal(0, report.Damaged + report.Failed + report.Lost);
        Assert.True(ChildProcess.Succeeds("diff", "-r", _place["source"], _place["latest"]));
        Assert.Equal(0, await host.Process.WaitAsync());
    }

    private static async Task<SiloAt> HostOfAsync(IProtectedItemGrain item, SiloAt[] silos)
    {
        var ticket = await item.BeginBackupAsync(new BeginBackup(Guid.NewGuid()));
        Assert.NotNull(ticket.Session);
        await item.AbandonBackupAsync(new AbandonBackup(ticket.Session.SessionId, null));
        return silos.Single(s => s.DataPlane == ticket.Session.Endpoint);
    }

    private async Task OthersAreRefusedAsync(SiloAt[] silos)
    {
        using var other = ConnectionSecret.Create();
        Assert.Equal(
            ErrorCodes.AccessDenied,
            await CodeOfAsync(() => ClusterConnection.OpenAsync(SiloPlace.OptionsOf(silos, other), TimeProvider.System))
        );
        Assert.Equal(ErrorCodes.StoreInUse, await CodeOfAsync(() => EmbeddedStore.OpenAsync(_place.Options, TimeProvider.System)));
        await using var stranger = _place.Start("RVAULT_CLUSTER_ID=stranger");
        Assert.Equal(1, await stranger.WaitAsync());
        Assert.Contains($"{ErrorCodes.StoreOfAnotherCluster}: ", stranger.Errors, StringComparison.Ordinal);
    }

    private async Task RestoreAsync(VaultClient client, IProtectedItemGrain item, string target, string? recoveryPoint)
    {
        var report = await client.RestoreAsync(item, new RestoreOptions { Target = _place[target], RecoveryPoint = recoveryPoint });
        Assert.Equal(0, report.Damaged + report.Failed + report.Lost);
        if (recoveryPoint is null)
            Assert.True(ChildProcess.Succeeds("diff", "-r", _place["source"], _place[target]));
    }

    private static async Task<string> CodeOfAsync<T>(Func<Task<T>> act) => (await Assert.ThrowsAsync<VaultException>(act)).Code;
}
