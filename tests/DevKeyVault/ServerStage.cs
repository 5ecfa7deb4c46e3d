using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Core;
using RecoveryVault.DevKeyVault;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Rest;
using RecoveryVault.Tests.Keys;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>A running development Key Vault, and everything that talks to it: raw requests, its management, and our own client.</summary>
public sealed class ServerStage : IAsyncLifetime, IDisposable
{
    public const string Query = "api-version=7.6";

    private static readonly string[] AllButPurge = ["all"];

    private readonly ScratchDirectory _scratch = new();
    private readonly List<IDisposable> _clients = [];
    private int _names;

    internal DevKeyVaultServer Server { get; private set; } = null!;

    internal string DataPath => _scratch["data"];

    private HttpClient Http { get; set; } = null!;

    public async Task InitializeAsync()
    {
        Server = await StartAsync();
        Http = new HttpClient(Handler()) { Timeout = TimeSpan.FromSeconds(60) };
        _clients.Add(Http);
    }

    public async Task DisposeAsync() => await Server.DisposeAsync();

    public void Dispose()
    {
        foreach (var client in _clients)
            client.Dispose();
        _scratch.Dispose();
    }

    internal async Task RestartAsync()
    {
        await Server.DisposeAsync();
        Server = await StartAsync();
        Http = new HttpClient(Handler());
        _clients.Add(Http);
    }

    /// <summary>A fresh name, so that tests share the server and nothing else.</summary>
    public string NewName(string prefix) => $"{prefix}{Interlocked.Increment(ref _names)}";

    /// <summary>Asks the server's own routes.</summary>
    public async Task<JsonNode?> ManageAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(Server.Endpoint, $"manage/{path}"));
        request.Headers.Authorization = new("Bearer", Server.ManagementToken);
        request.Content = body is null ? null : JsonContent.Create(body);
        using var answer = await Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {(int)answer.StatusCode} {text}");
        return text.Length == 0 ? null : JsonNode.Parse(text);
    }

    /// <summary>A key vault of its own, with a principal that may do everything.</summary>
    public async Task<ServedKeyVault> CreateAsync(object? settings = null)
    {
        var vault = new ServedKeyVault(this, NewName("kv"), Guid.NewGuid().ToString());
        await ManageAsync(HttpMethod.Put, $"keyvaults/{vault.Name}", settings ?? new { location = "westeurope" });
        if (settings?.GetType().GetProperty("enableRbacAuthorization") is null)
            await vault.AllowAsync(vault.Owner, [.. AllButPurge, "purge"]);
        return vault;
    }

    public async Task<string> TokenAsync(object wanted) =>
        (string?)(await ManageAsync(HttpMethod.Post, "tokens", wanted))?["accessToken"] ?? throw new InvalidOperationException("No token.");

    /// <summary>One raw request to a key vault.</summary>
    public async Task<ServedAnswer> SendAsync(HttpMethod method, string uri, string? token, string? body = null)
    {
        using var request = new HttpRequestMessage(method, uri);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        JsonNode? json = null;
        try
        {
            json = text.Length == 0 ? null : JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            // Not every answer is the service's.
        }
        var headers = answer.Headers.ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);
        return new((int)answer.StatusCode, json, headers);
    }

    /// <summary>Our own client, over the wire.</summary>
    internal IKeyVault Client(string host, TokenCredential credential, RestOptions? options = null)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(Server.AuthorityFile);
        var rest = (options ?? new RestOptions { RetryDelay = TimeSpan.FromMilliseconds(1) }) with
        {
            Endpoint = Server.Endpoint,
            TrustedRoots = roots,
        };
        var keyVaults = new RestKeyVaults(rest, _ => credential, TimeProvider.System);
        _clients.Add(keyVaults);
        return keyVaults.Open(host, "p");
    }

    /// <summary>Connections to any host go to the server, and only its CA is trusted.</summary>
    internal SocketsHttpHandler Handler()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(Server.AuthorityFile);
        var port = Server.Endpoint.Port;
        return new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy },
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
    }

    private Task<DevKeyVaultServer> StartAsync() =>
        DevKeyVaultServer.StartAsync(
            new ServerOptions
            {
                DataPath = DataPath,
                ServesImds = true,
                GenerateRsa = RsaKeyPool.Take,
            },
            TimeProvider.System
        );
}

/// <summary>What a raw request was answered with.</summary>
public sealed record ServedAnswer(int Status, JsonNode? Json, IReadOnlyDictionary<string, string> Headers)
{
    public string? Code => (string?)Json?["error"]?["code"];

    public string? InnerCode => (string?)Json?["error"]?["innererror"]?["code"];

    public string Message => (string?)Json?["error"]?["message"] ?? "";

    public string Outcome => Status < 400 ? $"{Status}" : $"{Status} {InnerCode ?? Code}";

    public string Kid => (string?)Json?["key"]?["kid"] ?? (string?)Json?["kid"] ?? "";

    public string Value => (string?)Json?["value"] ?? "";
}
