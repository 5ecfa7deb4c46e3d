using System.Runtime.Versioning;
using CsCheck;
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
/// Three silos as processes, each in a network of its own; lines between them, to the store and to the key vault are cut at random and
/// mended in random order while items are backed up and their key is rotated. A silo that the others took for dead ends and is started
/// again, as whatever runs silos does. Only where more than the least is asked for.
/// </summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class NetworkCutTests(ITestOutputHelper output) : IAsyncLifetime, IDisposable
{
    private const string Vault = "docs";
    private const int Silos = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly ServerStage _server = new();
    private readonly ChildProcess?[] _processes = new ChildProcess?[Silos];
    private readonly PCG _random = new(1, (ulong)Seed);
    private int _ended;

    private static int Seed => int.TryParse(Environment.GetEnvironmentVariable("RVAULT_CUT_SEED"), out var seed) ? seed : 1;

    public Task InitializeAsync() => TestScale.Factor < 3 ? Task.CompletedTask : _server.InitializeAsync();

    public async Task DisposeAsync()
    {
        foreach (var process in _processes)
            if (process is not null)
                await process.DisposeAsync();
        if (TestScale.Factor >= 3)
            await _server.DisposeAsync();
    }

    public void Dispose() => _server.Dispose();

    [NamespaceFact("node", "npm")]
    public async Task Cluster_LinesCutAndMendedInAnyOrder_LosesNothingAndTakesNoCutForARevocation()
    {
        if (TestScale.Factor < 3)
            return;
        await using var azurite = await AzuriteServer.StartAsync(keeps: true);
        await using var proxy = FaultProxy.Start(azurite);
        using var place = new AzureSiloPlace(azurite);
        await place.CreateStoreAsync();
        var keyVault = new KeyVaultStage(_server);
        await using var networks = new SiloNetworks(Silos);
        await networks.StartAsync(proxy.Port, keyVault.Endpoint.Port, keyVault.TokenEndpoint.Port);
        var silos = new SiloAt[Silos];
        for (var silo = 0; silo < Silos; silo++)
            silos[silo] = await StartAsync(place, networks, keyVault, silo);
        using var secret = SecretFile.Read(place.SecretPath);
        await using var connection = await ClusterConnection.OpenAsync(SiloPlace.OptionsOf(silos, secret), TimeProvider.System);
        await keyVault.CreateVaultAsync(connection.Client, Vault);
        var ledger = new Ledger(connection.Client, place, Vault, Seed);
        await ledger.ProtectAsync(items: 4);
        await ledger.FinishAllAsync();

        var rounds = TestScale.Factor >= 10 ? 12 : 1;
        for (var round = 0; round < rounds; round++)
        {
            if (round % 3 == 0)
                await keyVault.RotateAsync();
            await CutAsync(networks, ledger);
            for (var silo = 0; silo < Silos; silo++)
                if (_processes[silo] is { HasEnded: true } dead)
                {
                    await RequireOrderlyEndAsync(dead);
                    await StartAsync(place, networks, keyVault, silo);
                }
            await ledger.FinishAllAsync();
        }

        await ledger.FinishRotationAsync();
        await ledger.RequireAllAsync();
        output.WriteLine(
            $"{rounds} network cuts: {ledger.Points} recovery points acknowledged and restored, {ledger.Failures} backups failed with a code ({ledger.Codes}), {_ended} silos put out and started again, {proxy.Seen.Count(r => r.Status == 412)} writes refused by their condition"
        );
    }

    /// <summary>Up to four lines at once, each silent or reset, for up to half a minute, and mended one by one.</summary>
    private async Task CutAsync(SiloNetworks networks, Ledger ledger)
    {
        var lines = Shuffled(networks.Lines)[..(int)(1 + _random.Next(4))];
        foreach (var line in lines)
            networks.Set(line, _random.Next(2) == 0 ? Cut.Silent : Cut.Reset);
        var working = ledger.TryAllAsync();
        await Task.Delay(TimeSpan.FromSeconds(5 + _random.Next(25)), TimeProvider.System);
        foreach (var line in Shuffled(lines))
        {
            networks.Set(line, Cut.None);
            await Task.Delay(TimeSpan.FromSeconds(_random.Next(4)), TimeProvider.System);
        }
        await working.WaitAsync(Patience, TimeProvider.System);
        output.WriteLine($"cut {string.Join(", ", lines)}: {ledger.Points} acknowledged so far; {ledger.Codes}");
    }

    private string[] Shuffled(IEnumerable<string> lines) => [.. lines.OrderBy(_ => _random.Next(1 << 30))];

    private async Task RequireOrderlyEndAsync(ChildProcess silo)
    {
        Assert.Equal(1, await silo.WaitAsync());
        Assert.Contains($"{ErrorCodes.ClusterUnavailable}: This silo must not go on", silo.Errors, StringComparison.Ordinal);
        _ended++;
        await silo.DisposeAsync();
    }

    private async Task<SiloAt> StartAsync(AzureSiloPlace place, SiloNetworks networks, KeyVaultStage keyVault, int silo)
    {
        var process = place.StartUnder(
            networks.WayInto(silo),
            AzuriteServer.ConnectionStringAt(SiloNetworks.PortOfStore),
            [.. SiloNetworks.VariablesOf(silo), .. keyVault.VariablesAt(SiloNetworks.PortOfKeyVault, SiloNetworks.PortOfTokens)]
        );
        _processes[silo] = process;
        return await SiloPlace.ReadyAsync(process);
    }
}
