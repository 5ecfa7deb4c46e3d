using System.Runtime.Versioning;
using RecoveryVault.Connections;
using RecoveryVault.Errors;
using RecoveryVault.Tests.Cli;
using RecoveryVault.Tests.DevKeyVault;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Serving;
using RecoveryVault.Tests.Storage.Azure;
using RecoveryVault.Tests.Style;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Outages;

/// <summary>
/// Three silos as processes on Azurite, whose answers get lost, come late, say 500, 503, 409 or 412, or do not come at all, while items
/// are backed up and their key is rotated. Only where more than the least is asked for.
/// </summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class StoreOutageTests(ITestOutputHelper output) : IAsyncLifetime, IDisposable
{
    private const string Vault = "docs";
    private const int Silos = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly ServerStage _server = new();
    private readonly List<ChildProcess> _processes = [];

    public Task InitializeAsync() => TestScale.Factor < 3 ? Task.CompletedTask : _server.InitializeAsync();

    public async Task DisposeAsync()
    {
        foreach (var process in _processes)
            await process.DisposeAsync();
        if (TestScale.Factor >= 3)
            await _server.DisposeAsync();
    }

    public void Dispose() => _server.Dispose();

    [ToolsFact("node", "npm")]
    public async Task Cluster_StoreTroubledStoppedAndStarted_LosesNothingAndRecoversByItself()
    {
        if (TestScale.Factor < 3)
            return;
        await using var azurite = await AzuriteServer.StartAsync(keeps: true);
        await using var proxy = FaultProxy.Start(azurite);
        using var place = new AzureSiloPlace(azurite);
        await place.CreateStoreAsync();
        var keyVault = new KeyVaultStage(_server);
        var silos = await StartAsync(place, proxy, keyVault);
        using var secret = SecretFile.Read(place.SecretPath);
        await using var connection = await ClusterConnection.OpenAsync(OptionsOf(silos, secret), TimeProvider.System);
        await keyVault.CreateVaultAsync(connection.Client, Vault);
        var ledger = new Ledger(connection.Client, place, Vault, seed: 1);
        await ledger.ProtectAsync(items: 4);
        await ledger.FinishAllAsync();

        var rounds = TestScale.Factor >= 10 ? 3 : 1;
        for (var round = 0; round < rounds; round++)
        {
            foreach (var trouble in StoreTrouble.All)
            {
                if (trouble.Name == "slow")
                    await keyVault.RotateAsync();
                await EndureAsync(trouble, proxy, azurite, ledger, connection.Client);
            }
        }

        await ledger.FinishAllAsync();
        await SyncAsync(connection.Client);
        await ledger.RequireAllAsync();
        Assert.All(_processes, silo => Assert.False(silo.HasEnded, silo.Errors));
        Assert.All(_processes, silo => Assert.Contains("The store answers again", silo.Errors, StringComparison.Ordinal));
        output.WriteLine(
            $"{rounds * StoreTrouble.All.Count} store troubles: {ledger.Points} recovery points acknowledged and restored, {ledger.Failures} backups failed with a code ({ledger.Codes})"
        );
    }

    private async Task EndureAsync(StoreTrouble trouble, FaultProxy proxy, AzuriteServer azurite, Ledger ledger, VaultClient client)
    {
        var points = ledger.Points;
        proxy.Answer = (trouble.Status, trouble.Code);
        proxy.Rule = trouble.NewRule();
        if (trouble.Stops)
            await azurite.StopAsync();
        var working = ledger.TryAllAsync();
        await Task.Delay(trouble.Length, TimeProvider.System);
        if (trouble.Stops)
            await azurite.StartAgainAsync();
        proxy.Rule = _ => Trouble.None;
        await working.WaitAsync(Patience, TimeProvider.System);
        output.WriteLine($"{trouble.Name}: {ledger.Points - points} acknowledged; so far {ledger.Codes}");
        await SyncAsync(client);
    }

    /// <summary>The rotation that was due meanwhile.</summary>
    private static async Task SyncAsync(VaultClient client)
    {
        var vault = await client.FindVaultAsync(Vault);
        try
        {
            await vault.Rotation.SyncAsync();
        }
        catch (VaultException e) when (e.Code is ErrorCodes.StoreUnavailable or ErrorCodes.ConcurrentChange)
        {
            // It goes on at its next tick.
        }
    }

    private async Task<SiloAt[]> StartAsync(AzureSiloPlace place, FaultProxy proxy, KeyVaultStage keyVault)
    {
        for (var i = 0; i < Silos; i++)
            _processes.Add(
                place.Start(
                    AzuriteServer.ConnectionStringAt(proxy.Port),
                    keyVault.VariablesAt(keyVault.Endpoint.Port, keyVault.TokenEndpoint.Port)
                )
            );
        return await Task.WhenAll(_processes.Select(SiloPlace.ReadyAsync));
    }

    private static GatewayOptions OptionsOf(SiloAt[] silos, ConnectionSecret secret) =>
        new()
        {
            Gateways = [.. silos.Select(s => s.Gateway)],
            Secret = secret,
            Patience = TimeSpan.FromMinutes(2),
        };
}
