using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RecoveryVault.Connections;
using RecoveryVault.DataPath;
using RecoveryVault.DataPlane;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Keys.Local;
using RecoveryVault.KeyVaults;

namespace RecoveryVault.Serving;

/// <summary>
/// A silo on a store directory that other processes of the same user work with: an Orleans gateway and a data plane on loopback, which let
/// only those in who prove a secret from a file of that user.
/// </summary>
public sealed class ServingSilo : IAsyncDisposable
{
    /// <summary>How long clients are given to hear that the server stops, and to give their sessions back.</summary>
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(5);

    private readonly EmbeddedStore _store;
    private readonly ConnectionSecret _secret;
    private readonly DataPlaneServer _dataPlane;
    private readonly InProcessDataPlane _sessions;
    private readonly ClientCalls _calls;
    private readonly TimeProvider _time;
    private readonly IHost _host;

    private ServingSilo(
        EmbeddedStore store,
        ConnectionSecret secret,
        DataPlaneServer dataPlane,
        InProcessDataPlane sessions,
        ClientCalls calls,
        TimeProvider time,
        (IHost Host, SiloEndpoints Endpoints) silo
    )
    {
        (_store, _secret, _dataPlane, _sessions, _calls, _time) = (store, secret, dataPlane, sessions, calls, time);
        (_host, Gateway) = (silo.Host, silo.Endpoints.Gateway);
    }

    /// <summary>Where clients connect.</summary>
    public IPEndPoint Gateway { get; }

    /// <summary>Where their data goes.</summary>
    public string DataPlane => _dataPlane.Address;

    /// <summary>Starts to serve an opened store, which goes with it when it ends.</summary>
    /// <exception cref="VaultException">InsecureListenRefused; ClusterUnavailable: an address cannot be listened on.</exception>
    public static async Task<ServingSilo> StartAsync(
        EmbeddedStore store,
        ServingOptions options,
        TimeProvider time,
        Action<ILoggingBuilder>? logging = null,
        CancellationToken cancellation = default
    )
    {
        ListenAddress.RequireLoopback(options.Gateway);
        var secret = ConnectionSecret.Create();
        var sessions = new InProcessDataPlane();
        var calls = new ClientCalls();
        DataPlaneServer? dataPlane = null;
        try
        {
            dataPlane = await DataPlaneServer.StartAsync(
                options.DataPlane,
                sessions,
                secret,
                time,
                logging,
                DataPlaneLimits.For(options.Limits, sessions),
                cancellation
            );
            var address = dataPlane.Address;
            var silo = await SiloNetwork.StartAsync(
                new SiloEndpoints(new IPEndPoint(options.Gateway.Address, 0), options.Gateway),
                endpoints =>
                    StoreHost.Build(
                        store.Parts,
                        new LocalKeyVaults(store.Keys, time, store.Manifest.StoreId),
                        KeyVaultAccess.OfProcess(),
                        sessions,
                        time,
                        logging,
                        address,
                        options.Limits,
                        builder =>
                        {
                            Join(builder, store.Manifest.ServiceId, endpoints);
                            SiloNetwork.Listen(builder, endpoints, endpoints.Gateway.Address, secret, time);
                            builder.AddIncomingGrainCallFilter(calls);
                        }
                    ),
                cancellation
            );
            var serving = new ServingSilo(store, secret, dataPlane, sessions, calls, time, silo);
            serving.Announce(options.StorePath);
            return serving;
        }
        catch (Exception e)
        {
            if (dataPlane is not null)
                await dataPlane.DisposeAsync();
            secret.Dispose();
            if (e is AddressInUseException || e is IOException { InnerException: AddressInUseException or SocketException })
                throw new VaultException(ErrorCodes.ClusterUnavailable, $"Nothing is served: {e.Message}", "Name another address or port.");
            throw;
        }
    }

    private static void Join(ISiloBuilder builder, string service, SiloEndpoints at)
    {
        builder.UseLocalhostClustering(at.Silo.Port, at.Gateway.Port, at.Silo, service, service);
        builder.UseInMemoryReminderService();
    }

    /// <summary>
    /// Ends: newcomers are sent back to the lock, sessions under way are told and given time to end, and what they stored is indexed.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _store.Announce(null, null);
        ServerRecord.Remove(_store.KeysPath);
        _sessions.Close();
        _dataPlane.Drain();
        await _sessions.WaitUntilIdleAsync(DrainPatience, _time);
        await _calls.WaitUntilIdleAsync(DrainPatience, _time);
        await _dataPlane.DisposeAsync();
        await _host.StopAsync();
        _host.Dispose();
        _secret.Dispose();
        _store.Dispose();
    }

    private void Announce(string storePath)
    {
        new ServerRecord
        {
            Pid = Environment.ProcessId,
            StoreId = _store.Manifest.StoreId,
            ServiceId = _store.Manifest.ServiceId,
            StorePath = storePath,
            Gateway = Gateway.ToString(),
            DataPlane = DataPlane,
            Secret = _secret.Reveal(),
        }.Write(_store.KeysPath);
        _store.Announce(Gateway.ToString(), DataPlane);
    }
}

/// <summary>Where a store is served; port 0 takes a free one.</summary>
public sealed record ServingOptions
{
    /// <summary>For messages and for clients that must not back up the store into itself.</summary>
    public required string StorePath { get; init; }

    public IPEndPoint Gateway { get; init; } = ListenAddress.Default;

    public IPEndPoint DataPlane { get; init; } = ListenAddress.Default;

    /// <summary>How much is taken on at once.</summary>
    public SessionLimits Limits { get; init; } = LimitSettings.Read(static _ => null);
}
