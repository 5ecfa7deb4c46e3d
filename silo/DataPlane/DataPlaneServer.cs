using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RecoveryVault.Connections;
using RecoveryVault.DataPath;
using RecoveryVault.DataPath.Wire;

namespace RecoveryVault.DataPlane;

/// <summary>The listener of a silo's data plane: HTTP/1.1 on one address, over connections that proved the secret.</summary>
public sealed class DataPlaneServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DataPlaneEndpoint _endpoint;

    private DataPlaneServer(WebApplication app, DataPlaneEndpoint endpoint, string address) =>
        (_app, _endpoint, Address) = (app, endpoint, address);

    /// <summary>Where clients reach it, <c>http://127.0.0.1:PORT</c>: what session tickets name.</summary>
    public string Address { get; }

    /// <summary>Listens; port 0 takes a free one.</summary>
    /// <param name="listen">A loopback address.</param>
    /// <param name="sessions">Opens the sessions of this silo by ticket.</param>
    /// <param name="secret">What connections must prove; the caller disposes it after this.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logging">Where faults of the program are told.</param>
    /// <param name="limits">What its requests may take; null: as much as they want.</param>
    /// <param name="cancellation">Stops the start.</param>
    public static async Task<DataPlaneServer> StartAsync(
        IPEndPoint listen,
        IDataPlane sessions,
        ConnectionSecret secret,
        TimeProvider time,
        Action<ILoggingBuilder>? logging = null,
        DataPlaneLimits? limits = null,
        CancellationToken cancellation = default
    )
    {
        ListenAddress.RequireLoopback(listen);
        limits ??= DataPlaneLimits.Unbounded;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        if (logging is not null)
            logging(builder.Logging);
        builder.WebHost.UseKestrelCore();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, TransportBlocks>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            Limit(kestrel.Limits, limits.Connections);
            kestrel.AddServerHeader = false;
            kestrel.AllowAlternateSchemes = false;
            kestrel.Listen(
                listen,
                options =>
                {
                    options.Protocols = HttpProtocols.Http1;
                    options.RequireProof(secret, ConnectionProof.DataPlane, time);
                }
            );
        });
        var app = builder.Build();
        try
        {
            var endpoint = new DataPlaneEndpoint(sessions, limits, app.Services.GetRequiredService<ILogger<DataPlaneEndpoint>>());
            app.Run(endpoint.HandleAsync);
            await app.StartAsync(cancellation);
            var address = app.Urls.Single();
            endpoint.Address = address;
            return new DataPlaneServer(app, endpoint, address);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Refuses new requests with a clear word from now on; those under way go on.</summary>
    public void Drain() => _endpoint.Drain();

    public async ValueTask DisposeAsync()
    {
        Drain();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _app.StopAsync(patience.Token);
        await _app.DisposeAsync();
    }

    private static void Limit(KestrelServerLimits limits, long connections)
    {
        limits.MaxConcurrentConnections = connections;
        limits.MaxRequestBodySize = DataPlaneProtocol.MaxBodyBytes;
        // Every session has several requests waiting their turn.
        limits.MaxRequestBufferSize = 256 << 10;
        limits.MaxRequestLineSize = 256;
        limits.MaxRequestHeaderCount = 16;
        limits.MaxRequestHeadersTotalSize = 2048;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(10));
        // A restore may wait for its target's disk; one that waits for ever is begun again by its client.
        limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromMinutes(2));
    }
}
