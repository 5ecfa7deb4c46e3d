using RecoveryVault.Connections;
using RecoveryVault.Errors;
using RecoveryVault.Serving;
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
        var refused = await Assert.ThrowsAsync<VaultException>(() => StartAsync(new ContractVersion(4, 3)));

        Assert.Equal(ErrorCodes.ReleaseMismatch, refused.Code);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.Contains("version 2 ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(" 4 ", refused.Message, StringComparison.Ordinal);
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
