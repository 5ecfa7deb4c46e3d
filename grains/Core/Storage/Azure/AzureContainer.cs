using System.Net;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;

namespace RecoveryVault.Storage.Azure;

/// <summary>
/// The container as readers and as writers ask for it. What only reads is sent again by the SDK; a write is sent once, for only who knows
/// its condition can tell whether it may be sent again.
/// </summary>
internal sealed class AzureContainer
{
    public AzureContainer(Func<BlobClientOptions, BlobContainerClient> connect, AzureBlobStoreOptions options)
    {
        var transport = new HttpClientTransport(
            new HttpClient(
                new SocketsHttpHandler
                {
                    AllowAutoRedirect = false,
                    UseCookies = false,
                    ConnectTimeout = TimeSpan.FromSeconds(10),
                    // Addresses of an account change; a connection kept for ever would not notice.
                    PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                    AutomaticDecompression = DecompressionMethods.None,
                }
            )
            {
                Timeout = Timeout.InfiniteTimeSpan,
            }
        );
        Reads = connect(OptionsOf(transport, options, options.Tries - 1, options.Patience));
        Writes = connect(OptionsOf(transport, options, retries: 0, TimeSpan.FromMinutes(10)));
    }

    public BlobContainerClient Reads { get; }

    public BlobContainerClient Writes { get; }

    private static BlobClientOptions OptionsOf(HttpClientTransport transport, AzureBlobStoreOptions options, int retries, TimeSpan patience)
    {
        var client = new BlobClientOptions
        {
            Transport = transport,
            Retry =
            {
                Mode = RetryMode.Exponential,
                MaxRetries = retries,
                Delay = options.FirstDelay,
                MaxDelay = 20 * options.FirstDelay,
                NetworkTimeout = patience,
            },
        };
        client.AddPolicy(new SentOnce(), HttpPipelinePosition.PerCall);
        return client;
    }

    /// <summary>
    /// A request without a body is sent again by the transport when its connection ends without an answer, even one that was carried out:
    /// a deletion has an empty body.
    /// </summary>
    private sealed class SentOnce : HttpPipelineSynchronousPolicy
    {
        public override void OnSendingRequest(HttpMessage message)
        {
            if (message.Request.Method == RequestMethod.Delete)
                message.Request.Content ??= RequestContent.Create(ReadOnlyMemory<byte>.Empty);
        }
    }
}
