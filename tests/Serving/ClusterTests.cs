using System.Diagnostics;
using System.Runtime.Versioning;
using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.Connections;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Restores;
using RecoveryVault.Tests.Cli;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Serving;

/// <summary>Three silos as processes on one store directory, and what becomes of work when they go.</summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class ClusterTests : IDisposable
{
    private const int FileBytes = 48 << 20;
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(10);

    /// <summary>Between the crash of a silo and the next answer of what it did.</summary>
    private static readonly TimeSpan ReadyAgain = TimeSpan.FromSeconds(30);

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
            await using var connection = await ClusterConnection.OpenAsync(OptionsOf(silos, secret), TimeProvider.System);
            var (client, item) = (connection.Client, await ProtectAsync(connection.Client));
            var first = await client.BackUpAsync(item, new BackupOptions());

            await BackUpWhileKillingAsync(client, item, silos);

            Assert.Equal(2, (await item.ListRecoveryPointsAsync(new())).Items.Count);
            await RestoreAsync(client, item, "latest", null);
            await RestoreAsync(client, item, "first", first.Outcome.RecoveryPoint.Name);
            await StopAsync(silos.First(s => !s.Process.HasEnded));
        }
        finally
        {
            foreach (var process in processes)
                await process.DisposeAsync();
        }
        // Nothing holds the store any more: a process alone finds everything.
        using var alone = await EmbeddedStore.OpenAsync(_place.Options, TimeProvider.System);
    }

    /// <summary>The silo that hosts the item dies in the middle of its backup.</summary>
    private async Task BackUpWhileKillingAsync(VaultClient client, IProtectedItemGrain item, SiloAt[] silos)
    {
        _place.MakeSource("source", FileBytes, FileBytes, FileBytes, FileBytes);
        var ticket = await item.BeginBackupAsync(new BeginBackup(Guid.NewGuid()));
        Assert.NotNull(ticket.Session);
        await item.AbandonBackupAsync(new AbandonBackup(ticket.Session.SessionId, null));
        var host = silos.Single(s => s.DataPlane == ticket.Session.Endpoint);
        var losses = new List<VaultException>();
        var options = new BackupOptions { OnRestart = losses.Add };

        var backup = client.BackUpAsync(item, options);
        while (options.Counters.BytesRead < 2L * FileBytes)
            await Task.Delay(LookPeriod, TimeProvider.System);
        await host.Process.KillAsync();
        var killed = TimeProvider.System.GetTimestamp();
        var report = await backup;

        Assert.NotEmpty(losses);
        Assert.Equal(4, report.Statistics.Files);
        Assert.True(TimeProvider.System.GetElapsedTime(killed) < ReadyAgain, $"{TimeProvider.System.GetElapsedTime(killed)}");
    }

    private async Task OthersAreRefusedAsync(SiloAt[] silos)
    {
        using var other = ConnectionSecret.Create();
        Assert.Equal(
            ErrorCodes.AccessDenied,
            await CodeOfAsync(() => ClusterConnection.OpenAsync(OptionsOf(silos, other), TimeProvider.System))
        );
        Assert.Equal(ErrorCodes.StoreInUse, await CodeOfAsync(() => EmbeddedStore.OpenAsync(_place.Options, TimeProvider.System)));
        await using var stranger = _place.Start("RVAULT_CLUSTER_ID=stranger");
        Assert.Equal(1, await stranger.WaitAsync());
        Assert.Contains($"{ErrorCodes.StoreOfAnotherCluster}: ", stranger.Errors, StringComparison.Ordinal);
    }

    private async Task<IProtectedItemGrain> ProtectAsync(VaultClient client)
    {
        var source = _place.MakeSource("source", 100, 3_000_000);
        await client.Directory.CreateVaultAsync(
            new CreateVault
            {
                OperationId = Guid.NewGuid(),
                Name = "docs",
                Location = "home",
            }
        );
        var vault = await client.FindVaultAsync("docs");
        var what = new ItemSource
        {
            Path = source,
            Host = "here",
            Kind = ContentKind.Tree,
        };
        await VaultClient.ProtectAsync(vault, "papers", what);
        return await client.FindItemAsync("docs", "papers");
    }

    private async Task RestoreAsync(VaultClient client, IProtectedItemGrain item, string target, string? recoveryPoint)
    {
        var report = await client.RestoreAsync(item, new RestoreOptions { Target = _place[target], RecoveryPoint = recoveryPoint });
        Assert.Equal(0, report.Damaged + report.Failed + report.Lost);
        if (recoveryPoint is null)
            Assert.True(ChildProcess.Succeeds("diff", "-r", _place["source"], _place[target]));
    }

    private static async Task StopAsync(SiloAt silo)
    {
        using var kill = Process.Start("kill", ["-TERM", $"{silo.Process.Id}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, await silo.Process.WaitAsync());
    }

    private static GatewayOptions OptionsOf(SiloAt[] silos, ConnectionSecret secret) =>
        new()
        {
            Gateways = [.. silos.Select(s => s.Gateway)],
            Secret = secret,
            Patience = TimeSpan.FromMinutes(1),
        };

    private static async Task<string> CodeOfAsync<T>(Func<Task<T>> act) => (await Assert.ThrowsAsync<VaultException>(act)).Code;
}
