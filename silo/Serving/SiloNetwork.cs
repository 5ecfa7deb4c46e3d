using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using RecoveryVault.Connections;
using RecoveryVault.Errors;

namespace RecoveryVault.Serving;

/// <summary>Where a silo listens.</summary>
/// <param name="Silo">For other silos.</param>
/// <param name="Gateway">For clients.</param>
internal sealed record SiloEndpoints(IPEndPoint Silo, IPEndPoint Gateway);

/// <summary>How silos listen and connect: every connection proves the secret first.</summary>
internal static class SiloNetwork
{
    /// <summary>A free port found may be taken by another before it is listened on.</summary>
    private const int MaxPortTries = 5;

    /// <param name="silo">The silo.</param>
    /// <param name="endpoints">Where it listens.</param>
    /// <param name="advertised">Where it says that it is.</param>
    /// <param name="secret">What every connection must prove.</param>
    /// <param name="time">The clock of patience.</param>
    /// <param name="contracts">What it speaks; null: this release's.</param>
    /// <param name="onOtherRelease">Told of a silo whose contracts do not go with these.</param>
    public static void Listen(
        ISiloBuilder silo,
        SiloEndpoints endpoints,
        IPAddress advertised,
        ConnectionSecret secret,
        TimeProvider time,
        ContractVersion? contracts = null,
        Action<OtherReleaseException>? onOtherRelease = null
    )
    {
        silo.Configure<EndpointOptions>(o =>
        {
            o.AdvertisedIPAddress = advertised;
            (o.SiloPort, o.GatewayPort) = (endpoints.Silo.Port, endpoints.Gateway.Port);
            o.SiloListeningEndpoint = endpoints.Silo;
            o.GatewayListeningEndpoint = endpoints.Gateway;
        });
        ExclusiveListening.Use(silo.Services);
        silo.Configure<SiloConnectionOptions>(o =>
        {
            o.ConfigureGatewayInboundConnection(c => c.RequireProof(secret, ConnectionProof.Gateway, time, contracts));
            o.ConfigureSiloInboundConnection(c => c.RequireProof(secret, ConnectionProof.Silo, time, contracts));
            o.ConfigureSiloOutboundConnection(c => c.PresentProof(secret, ConnectionProof.Silo, time, contracts, onOtherRelease));
        });
    }

    /// <summary>Starts a host that listens there; port 0 becomes a free one.</summary>
    /// <exception cref="VaultException">ClusterUnavailable: an address is taken.</exception>
    public static async Task<(IHost Host, SiloEndpoints Endpoints)> StartAsync(
        SiloEndpoints wanted,
        Func<SiloEndpoints, IHost> build,
        CancellationToken cancellation
    )
    {
        for (var left = MaxPortTries; ; left--)
        {
            var endpoints = new SiloEndpoints(Settle(wanted.Silo), Settle(wanted.Gateway));
            var host = build(endpoints);
            try
            {
                await host.StartAsync(cancellation);
                return (host, endpoints);
            }
            catch (Exception e)
            {
                host.Dispose();
                if (e is not (AddressInUseException or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }))
                    throw;
                if (left <= 1 || (wanted.Silo.Port != 0 && wanted.Gateway.Port != 0))
                    throw Taken(wanted.Silo.Port == 0 ? $"{endpoints.Gateway}" : $"{endpoints.Silo} or {endpoints.Gateway}", e);
            }
        }
    }

    private static IPEndPoint Settle(IPEndPoint wanted)
    {
        if (wanted.Port != 0)
        {
            RequireFree(wanted);
            return wanted;
        }
        using var listener = new TcpListener(wanted.Address, 0);
        listener.Start();
        return (IPEndPoint)listener.LocalEndpoint;
    }

    /// <summary>Found before the silo joins: one that joined and then cannot listen would keep its cluster waiting for it.</summary>
    private static void RequireFree(IPEndPoint endpoint)
    {
        try
        {
            ExclusiveListening.RequireFree(endpoint);
        }
        catch (AddressInUseException e)
        {
            throw Taken($"{endpoint}", e);
        }
    }

    private static VaultException Taken(string where, Exception inner) =>
        new(
            ErrorCodes.ClusterUnavailable,
            $"Nothing can listen on {where}: it is taken.",
            "Name another address or port, or end what listens there.",
            inner
        );
}
