using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using RecoveryVault.Errors;

namespace RecoveryVault.Health;

/// <summary>
/// Answers <c>GET /healthz/live</c> and <c>GET /healthz/ready</c>: 200 or 503 with the outcome of each check as JSON. It takes nothing in
/// and tells no more than names and codes, so that it may listen where the machines that probe it are.
/// </summary>
public sealed class HealthEndpoint : IAsyncDisposable
{
    public const string LivePath = "/healthz/live";
    public const string ReadyPath = "/healthz/ready";

    private readonly WebApplication _app;

    private HealthEndpoint(WebApplication app, IPEndPoint address) => (_app, Address) = (app, address);

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; }

    /// <summary>Listens; port 0 takes a free one.</summary>
    /// <exception cref="VaultException">ClusterUnavailable: the address cannot be listened on.</exception>
    public static async Task<HealthEndpoint> StartAsync(IPEndPoint listen, SiloHealth health, CancellationToken cancellation = default)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            Limit(kestrel.Limits);
            kestrel.AddServerHeader = false;
            kestrel.Listen(listen, options => options.Protocols = HttpProtocols.Http1);
        });
        var app = builder.Build();
        app.Run(context => AnswerAsync(context, health));
        try
        {
            await app.StartAsync(cancellation);
            return new HealthEndpoint(app, new IPEndPoint(listen.Address, new Uri(app.Urls.Single()).Port));
        }
        catch (Exception e)
        {
            await app.DisposeAsync();
            if (e is IOException or System.Net.Sockets.SocketException)
                throw new VaultException(
                    ErrorCodes.ClusterUnavailable,
                    $"The health endpoint cannot listen on {listen}: {e.Message}",
                    "Name another address or port."
                );
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(patience.Token);
        await _app.DisposeAsync();
    }

    private static async Task AnswerAsync(HttpContext context, SiloHealth health)
    {
        var (request, response) = (context.Request, context.Response);
        Func<Task<HealthAnswer>>? ask = request.Path.Value switch
        {
            LivePath => health.AskAliveAsync,
            ReadyPath => health.AskReadyAsync,
            _ => null,
        };
        if (ask is null || !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)))
        {
            response.StatusCode = ask is null ? StatusCodes.Status404NotFound : StatusCodes.Status405MethodNotAllowed;
            return;
        }
        var answer = await ask();
        var body = answer.ToJson();
        response.StatusCode = answer.IsOk ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsHead(request.Method))
            await response.Body.WriteAsync(body, context.RequestAborted);
    }

    private static void Limit(KestrelServerLimits limits)
    {
        limits.MaxConcurrentConnections = 32;
        limits.MaxRequestBodySize = 0;
        limits.MaxRequestLineSize = 256;
        limits.MaxRequestHeaderCount = 32;
        limits.MaxRequestHeadersTotalSize = 4096;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
    }
}
