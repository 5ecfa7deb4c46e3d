using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Azure.Core;
using Azure.Core.Pipeline;

namespace RecoveryVault.Keys.Rest;

/// <summary>
/// Key vaults over REST, each as one principal sees it. They share connections; challenges and tokens are kept for each apart.
/// </summary>
/// <param name="options">How they are reached.</param>
/// <param name="credentialOf">The credential of a principal.</param>
/// <param name="time">The clock of timeouts.</param>
/// <param name="handler">Sends the requests; null: sockets as the options say.</param>
public sealed class RestKeyVaults(
    RestOptions options,
    Func<string, TokenCredential> credentialOf,
    TimeProvider time,
    HttpMessageHandler? handler = null
) : IDisposable
{
    private readonly ConcurrentDictionary<(string Host, string Principal), RestKeyVault> _open = new();
    private readonly Lazy<HttpClient> _http = new(() => new HttpClient(handler ?? Sockets(options)) { Timeout = Timeout.InfiniteTimeSpan });

    /// <summary>The key vault at a host; nothing is asked of it yet.</summary>
    public IKeyVault Open(string host, string principalId) =>
        _open.GetOrAdd(
            (host, principalId),
            key => new RestKeyVault(key.Host, Pipeline(key.Host, credentialOf(key.Principal)), options, time)
        );

    public void Dispose()
    {
        if (_http.IsValueCreated)
            _http.Value.Dispose();
    }

    private HttpPipeline Pipeline(string host, TokenCredential credential)
    {
        var pipeline = new PipelineOptions
        {
            Transport = new HttpClientTransport(_http.Value),
            RetryPolicy = new PatientRetryPolicy(options),
        };
        pipeline.Retry.NetworkTimeout = options.AttemptTimeout;
        pipeline.Diagnostics.IsLoggingContentEnabled = false;
        pipeline.Diagnostics.ApplicationId = nameof(RecoveryVault);
        return HttpPipelineBuilder.Build(pipeline, new ChallengePolicy(credential, host));
    }

    private static SocketsHttpHandler Sockets(RestOptions options)
    {
        var sockets = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = options.AttemptTimeout,
            // So that a key vault that moved is found again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        if (options.TrustedRoots is { } roots)
            sockets.SslOptions.CertificateChainPolicy = Trusting(roots);
        if (options.Endpoint is { } endpoint)
        {
            sockets.UseProxy = false;
            sockets.ConnectCallback = (_, cancellation) => ConnectAsync(endpoint, cancellation);
        }
        return sockets;
    }

    /// <summary>Trusts these roots and no others.</summary>
    public static X509ChainPolicy Trusting(X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }

    private static async ValueTask<Stream> ConnectAsync(Uri endpoint, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint.Host, endpoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class PipelineOptions : ClientOptions;
}
