using RecoveryVault.Connections;
using RecoveryVault.Errors;
using RecoveryVault.Serving;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Serving;

namespace RecoveryVault.Tests.Upgrade;

/// <summary>Silos and clients of releases that do not work together, over real connections.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class OtherReleaseTests : IAsyncLifetime, IDisposable
{
    private readonly SiloPlace _place = new();
    private ClusterSilo? _silo;

    public async Task InitializeAsync()
    {
        await _place.CreateStoreAsync();
        _silo = await StartAsync(new ContractVersion(2, 1));
    }

    public async Task DisposeAsync()
    {
        if (_silo is not null)
            await _silo.DisposeAsync();
    }

    public void Dispose() => _place.Dispose();

    private async Task<ClusterSilo> StartAsync(ContractVersion contracts)
    {
        var settings = _place.Settings with { Contracts = contracts };
        var store = await ClusterStore.OpenAsync(null, _place.Options, settings, TimeProvider.System);
        try
        {
            return await ClusterSilo.StartAsync(store, settings, TimeProvider.System);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    private async Task<ClusterConnection> ConnectAsync(ContractVersion contracts, ConnectionSecret secret) =>
        await ClusterConnection.OpenAsync(
            new GatewayOptions
            {
                Gateways = [_silo!.Gateway],
                Secret = secret,
                Contracts = contracts,
            },
            TimeProvider.System
        );

    [Fact]
    public async Task Silo_OfAReleaseThatDoesNotWorkWithTheCluster_RefusesToStartInOneLine()
    {
        var (store, keys) = (_place.Options.StorePath, _place.Options.KeysPath ?? "");
        await using var other = ChildProcess.Start("other-release", store, keys, _place.SecretPath, "4", "3");
        var refused = Assert.Single(await other.ReadToEndAsync());

        Assert.StartsWith($"{ErrorCodes.ReleaseMismatch}: ", refused, StringComparison.Ordinal);
        Assert.Contains("version 2 ", refused, StringComparison.Ordinal);
        Assert.Contains(" 4 ", refused, StringComparison.Ordinal);
        // The cluster goes on, and takes in a silo that fits.
        Assert.False(_silo!.Ended.IsCompleted);
        await using var fits = await StartAsync(new ContractVersion(1, 1));
        using var secret = SecretFile.Read(_place.SecretPath);
        await using var client = await ConnectAsync(ContractVersion.Ours, secret);
        Assert.Empty((await client.Client.Directory.ListVaultsAsync(new PageRequest())).Items);
    }

    [Fact]
    public async Task Client_NewerThanTheSilo_IsToldSo()
    {
        using var secret = SecretFile.Read(_place.SecretPath);
        var refused = await Assert.ThrowsAsync<VaultException>(() => ConnectAsync(new ContractVersion(3, 2), secret));

        Assert.Equal(ErrorCodes.ReleaseMismatch, refused.Code);
        Assert.Contains("Upgrade all silos first", refused.Recommendation, StringComparison.Ordinal);
    }
}
