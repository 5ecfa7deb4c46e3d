using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Messaging;
using RecoveryVault.DataPlane;
using RecoveryVault.Errors;
using RecoveryVault.Telemetry;

namespace RecoveryVault.Connections;

/// <summary>A client connected to silos in other processes.</summary>
public sealed class ClusterConnection : IAsyncDisposable
{
    /// <summary>How long a cluster whose gateway has let this process in may take to answer.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);

    private readonly IHost _host;
    private readonly HttpDataPlane _dataPlane;

    private ClusterConnection(IHost host, HttpDataPlane dataPlane, TimeProvider time, GatewayOptions options)
    {
        (_host, _dataPlane) = (host, dataPlane);
        Client = new VaultClient(host.Services.GetRequiredService<IClusterClient>(), dataPlane, time)
        {
            Patience = options.Patience,
            BusyPatience = options.BusyPatience,
            OnBusy = options.OnBusy,
        };
    }

    /// <summary>The way into the cluster.</summary>
    public VaultClient Client { get; }

    /// <summary>Connects; the options' secret must live as long as the connection.</summary>
    /// <exception cref="VaultException">
    /// ClusterUnavailable: nobody answers there; AccessDenied: who answers does not know the secret, or knows another one; ReleaseMismatch:
    /// who answers is of a release that does not work with this client's.
    /// </exception>
    public static async Task<ClusterConnection> OpenAsync(
        GatewayOptions options,
        TimeProvider time,
        CancellationToken cancellation = default
    )
    {
        var gateways = new AnsweringGateways(options, time);
        await KnockAsync(options, gateways, cancellation);
        var losses = new GatewayLosses(time);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton(time);
        builder.UseOrleansClient(client =>
        {
            client.Services.AddSingleton<IGatewayListProvider>(gateways);
            client.Configure<Orleans.Configuration.GatewayOptions>(o => o.GatewayListRefreshPeriod = AnsweringGateways.Refresh);
            client.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (options.ClusterId, options.ServiceId));
            client.Configure<ClientConnectionOptions>(o =>
                o.ConfigureConnection(c =>
                {
                    c.PresentProof(options.Secret, ConnectionProof.Gateway, time, options.Contracts);
                    losses.Watch(c);
                })
            );
            client.AddOutgoingGrainCallFilter(new LostClusterFilter(options.Patience, losses, time));
            if (VaultTraces.IsHeard)
                client.AddActivityPropagation();
        });
        var host = builder.Build();
        var dataPlane = new HttpDataPlane(options.Secret, time) { Contracts = options.Contracts };
        try
        {
            await StartAsync(host, options, time, cancellation);
            return new ClusterConnection(host, dataPlane, time, options);
        }
        catch (Exception e)
        {
            dataPlane.Dispose();
            host.Dispose();
            if (LostClusterFilter.IsLoss(e) && !cancellation.IsCancellationRequested)
                throw LostClusterFilter.Translate(e);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _dataPlane.Dispose();
        await _host.StopAsync();
        _host.Dispose();
    }

    /// <summary>
    /// A gateway tells a client of another cluster nothing and closes: the runtime would try again for ever, without a word.
    /// </summary>
    private static async Task StartAsync(IHost host, GatewayOptions options, TimeProvider time, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(StartPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            await host.StartAsync(either.Token);
        }
        catch (Exception e) when (patience.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new VaultException(
                ErrorCodes.ClusterUnavailable,
                $"{NamesOf(options)} let this process in, but no silo of cluster '{options.ClusterId}' answered within {StartPatience.TotalSeconds:0} s.",
                "See that RVAULT_CLUSTER_ID is the id of the cluster at these gateways, and that its silos are ready.",
                e
            );
        }
    }

    private static string NamesOf(GatewayOptions options) => string.Join(", ", options.Gateways);

    /// <summary>
    /// Tries the gateways by hand first: a cluster client that finds nobody, or a stranger, takes long to say so and does not say why.
    /// </summary>
    private static async Task KnockAsync(GatewayOptions options, AnsweringGateways gateways, CancellationToken cancellation)
    {
        var (answering, last) = await gateways.KnockAsync(cancellation);
        if (answering.Count > 0)
            return;
        var names = NamesOf(options);
        if (last is OtherReleaseException other)
            throw other.OfClient(names);
        throw last is ConnectionRefusedException
            ? new VaultException(
                ErrorCodes.AccessDenied,
                $"There is no way in at {names}: {last.Message}",
                "See that --cluster names gateways and RVAULT_CLUSTER_SECRET_FILE the secret of their cluster; or that --store and --keys are those of the server."
            )
            : new VaultException(ErrorCodes.ClusterUnavailable, $"Nobody answers at {names}: {last?.Message}");
    }
}

/// <summary>Where a cluster is and how to get in.</summary>
public sealed record GatewayOptions
{
    /// <summary>Gateways; one that answers is enough.</summary>
    public required IReadOnlyList<IPEndPoint> Gateways { get; init; }

    /// <summary>What connections must prove.</summary>
    public required ConnectionSecret Secret { get; init; }

    /// <summary>How long calls and backups that can be tried again are, while no silo answers; zero: they fail at once.</summary>
    public TimeSpan Patience { get; init; }

    /// <summary>How long what is to begin waits for a silo that has no room.</summary>
    public TimeSpan BusyPatience { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Told once for each such wait.</summary>
    public Action<VaultException>? OnBusy { get; init; }

    /// <summary>The cluster's id.</summary>
    public string ClusterId { get; init; } = "rvault";

    /// <summary>The service's id.</summary>
    public string ServiceId { get; init; } = "rvault";

    /// <summary>What this client speaks.</summary>
    internal ContractVersion Contracts { get; init; } = ContractVersion.Ours;
}
