using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Azure.Core;
using Azure.Core.Pipeline;
using RecoveryVault.Keys.Traffic;

namespace RecoveryVault.Keys.Rest;

/// <summary>
/// Key vaults over REST, each as one principal sees it. They share connections; challenges and tokens are kept for each apart, for as long
/// as they are used. Of one key vault all principals share the budget of calls and what is known of an outage.
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
    private readonly IdleMap<(string Host, string Principal), IKeyVault> _open = new(options.Idle, options.MostPrincipals, time);
    private readonly IdleMap<string, HostTraffic> _traffic = new(options.Idle, int.MaxValue, time);
    private readonly Lazy<HttpClient> _http = new(() => new HttpClient(handler ?? Sockets(options)) { Timeout = Timeout.InfiniteTimeSpan });

    /// <summary>The key vault at a host; nothing is asked of it yet.</summary>
    public IKeyVault Open(string host, string principalId)
    {
        // Asked for each time: what a host has told is forgotten after its principals, never before.
        var traffic = _traffic.GetOrAdd(host, NewTraffic);
        return _open.GetOrAdd(
            (host, principalId),
            key =>
            {
                var keyVault = new RestKeyVault(host, Pipeline(host, credentialOf(key.Principal), traffic.Budget), options, time);
                return new GatedKeyVault(new CountedKeyVault(keyVault, host, time), traffic.Gate);
            }
        );
    }

    /// <summary>How many principals at key vaults are kept.</summary>
    internal int Kept => _open.Count;

    public void Dispose()
    {
        if (_http.IsValueCreated)
            _http.Value.Dispose();
    }

    private HostTraffic NewTraffic(string host) =>
        new(
            new CallBudget(options.UnitsPerTenSeconds, options.ThrottledPause, time),
            new KeyVaultGate(host, new RetryIntervals(options.FirstOutagePause, options.LongestOutagePause), time)
        );

    private HttpPipeline Pipeline(string host, TokenCredential credential, CallBudget budget)
    {
        var pipeline = new PipelineOptions
        {
            Transport = new HttpClientTransport(_http.Value),
            RetryPolicy = new PatientRetryPolicy(options),
        };
        pipeline.Retry.NetworkTimeout = options.AttemptTimeout;
        pipeline.Diagnostics.IsLoggingContentEnabled = false;
        pipeline.Diagnostics.ApplicationId = nameof(RecoveryVault);
        // Nearest to the wire, so that challenges count too.
        var last = new BudgetPolicy(budget, host, options.MaxRetryAfter, time);
        return HttpPipelineBuilder.Build(pipeline, new ChallengePolicy(credential, host), last);
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

    private sealed record HostTraffic(CallBudget Budget, KeyVaultGate Gate);

    private sealed class PipelineOptions : ClientOptions;
}
