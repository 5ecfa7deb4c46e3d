using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace RecoveryVault.Embedded;

/// <summary>
/// The transport of a silo that is alone in its process: it listens nowhere, so there is no port to guard and
/// none that two processes could fight over.
/// </summary>
internal sealed class NoTransport : IConnectionListenerFactory, IConnectionFactory, IConnectionListener
{
    private readonly TaskCompletionSource<ConnectionContext?> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public EndPoint EndPoint { get; private set; } = new IPEndPoint(IPAddress.None, 0);

    /// <summary>Puts it in the place of every transport the silo registered.</summary>
    public static void Use(IServiceCollection services)
    {
        for (var i = 0; i < services.Count; i++)
        {
            var registered = services[i];
            if (!registered.IsKeyedService)
                continue;
            if (registered.ServiceType == typeof(IConnectionListenerFactory) || registered.ServiceType == typeof(IConnectionFactory))
                services[i] = ServiceDescriptor.KeyedSingleton(
                    registered.ServiceType,
                    registered.ServiceKey,
                    static (_, _) => new NoTransport()
                );
        }
    }

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        EndPoint = endpoint;
        return ValueTask.FromResult<IConnectionListener>(this);
    }

    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("An embedded silo is alone: it connects to nobody.");

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _closed.Task.WaitAsync(cancellationToken);

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _closed.TrySetResult(null);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => UnbindAsync();
}
