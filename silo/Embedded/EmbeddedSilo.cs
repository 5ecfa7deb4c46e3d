using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using RecoveryVault.DataPath;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.KeyVaults;

namespace RecoveryVault.Embedded;

/// <summary>
/// A silo inside the calling process, alone on a store directory, without a socket. Its client is
/// the very one that would talk to a cluster.
/// </summary>
public sealed class EmbeddedSilo : IAsyncDisposable
{
    private readonly IHost _host;

    private EmbeddedSilo(IHost host, EmbeddedStore store, LocalKeyVaults keyVaults, IDataPlane dataPlane) =>
        (_host, Store, KeyVaults, DataPlane) = (host, store, keyVaults, dataPlane);

    public EmbeddedStore Store { get; }

    public LocalKeyVaults KeyVaults { get; }

    public IDataPlane DataPlane { get; }

    public IClusterClient Client => _host.Services.GetRequiredService<IClusterClient>();

    /// <summary>Starts a silo on an opened store, which goes with it when it ends.</summary>
    /// <param name="store">The store.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logging">Where logs go; null: nowhere.</param>
    /// <param name="access">How key vaults are reached; null: as the environment says.</param>
    /// <param name="cancellation">Stops the start.</param>
    public static async Task<EmbeddedSilo> StartAsync(
        EmbeddedStore store,
        TimeProvider time,
        Action<ILoggingBuilder>? logging = null,
        KeyVaultAccess? access = null,
        CancellationToken cancellation = default
    )
    {
        var keyVaults = new LocalKeyVaults(store.Keys, time, store.Manifest.StoreId);
        var dataPlane = new InProcessDataPlane();
        var host = StoreHost.Build(
            store.Parts,
            keyVaults,
            access ?? KeyVaultAccess.OfProcess(),
            dataPlane,
            time,
            logging,
            dataPlaneAddress: null,
            SessionLimits.None,
            silo =>
            {
                silo.UseLocalhostClustering(serviceId: store.Manifest.ServiceId, clusterId: store.Manifest.ServiceId);
                silo.Configure<EndpointOptions>(o => o.GatewayPort = 0);
                silo.UseInMemoryReminderService();
                NoTransport.Use(silo.Services);
            }
        );
        await host.StartAsync(cancellation);
        return new EmbeddedSilo(host, store, keyVaults, dataPlane);
    }

    /// <summary>
    /// All that must happen before the process ends without stopping the silo: sessions keep what they stored findable, unwrapped keys are
    /// zeroed. Everything else is durable before it is acknowledged, or may be lost at any time.
    /// </summary>
    public async Task EndSessionsAsync()
    {
        await _host.Services.GetRequiredService<SessionRegister>().DisposeAsync();
        _host.Services.GetRequiredService<DekCache>().Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        Store.Dispose();
    }
}
