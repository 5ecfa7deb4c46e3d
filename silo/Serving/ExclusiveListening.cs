using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace RecoveryVault.Serving;

/// <summary>
/// Listens only where nobody else does. The runtime asks the system to share its ports, and two silos set up with one address would both
/// start: each connection would then reach one of them by chance.
/// </summary>
internal sealed class ExclusiveListening(IConnectionListenerFactory inner) : IConnectionListenerFactory
{
    /// <summary>Puts it before every listener that the silo has registered.</summary>
    public static void Use(IServiceCollection services)
    {
        for (var i = 0; i < services.Count; i++)
        {
            if (
                services[i] is { IsKeyedService: true, KeyedImplementationFactory: { } create } registered
                && registered.ServiceType == typeof(IConnectionListenerFactory)
            )
                services[i] = ServiceDescriptor.KeyedSingleton<IConnectionListenerFactory>(
                    registered.ServiceKey,
                    (provider, key) => new ExclusiveListening((IConnectionListenerFactory)create(provider, key))
                );
        }
    }

    /// <exception cref="AddressInUseException">Somebody listens there.</exception>
    public static void RequireFree(IPEndPoint endpoint)
    {
        using var probe = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(endpoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException($"{endpoint} is taken.", e);
        }
    }

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        if (endpoint is IPEndPoint address)
            RequireFree(address);
        return inner.BindAsync(endpoint, cancellationToken);
    }
}
