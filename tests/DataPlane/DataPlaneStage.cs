using System.Buffers;
using System.Net;
using System.Net.Sockets;
using RecoveryVault.Catalogues;
using RecoveryVault.Connections;
using RecoveryVault.DataPath;
using RecoveryVault.DataPath.Wire;
using RecoveryVault.DataPlane;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Tests.Format;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.DataPlane;

/// <summary>A data plane's listener on a free loopback port, with real sessions of one item on a store in memory.</summary>
internal sealed class DataPlaneStage : IAsyncDisposable
{
    private readonly ConnectionSecret _secret = ConnectionSecret.Create();
    private readonly SealGate _gate = new();
    private readonly HttpMessageInvoker _http;
    private SessionRegister? _register;
    private DataPlaneServer? _server;

    private DataPlaneStage(IDataPlane? front)
    {
        Front = front ?? Sessions;
        _http = new HttpMessageInvoker(
            new SocketsHttpHandler { ConnectCallback = (context, cancel) => ConnectAsync(context.DnsEndPoint.Port, cancel) }
        );
        Client = new HttpDataPlane(_secret, TimeProvider.System);
    }

    public FaultyBlobStore Store { get; } = new(new MemoryBlobStore());

    /// <summary>The sessions, reached in process.</summary>
    public InProcessDataPlane Sessions { get; } = new();

    /// <summary>The sessions, reached through the listener.</summary>
    public HttpDataPlane Client { get; }

    public DataPlaneServer Server => _server ?? throw new InvalidOperationException("The server is not started.");

    public SessionRegister Register => _register ?? throw new InvalidOperationException("The server is not started.");

    private IDataPlane Front { get; }

    /// <param name="front">What the listener answers from; null: the sessions themselves.</param>
    public static async Task<DataPlaneStage> StartAsync(IDataPlane? front = null)
    {
        var stage = new DataPlaneStage(front);
        await stage.ListenAsync(0);
        stage._register = new SessionRegister(stage.Server.Address);
        stage.Sessions.Add(stage._register);
        return stage;
    }

    /// <summary>Listens again where it did.</summary>
    public async Task ListenAsync(int port) =>
        _server = await DataPlaneServer.StartAsync(new IPEndPoint(IPAddress.Loopback, port), Front, _secret, TimeProvider.System);

    public async Task<SessionTicket> BackupAsync() =>
        Register.Add(Guid.NewGuid(), await BackupSession.OpenAsync(Store, Secrets(), _gate, TimeProvider.System));

    public async Task<SessionTicket> RestoreAsync() =>
        Register.Add(Guid.NewGuid(), await RestoreSession.OpenAsync(Store, Secrets(), TimeProvider.System));

    /// <summary>Stores chunks through any data plane and ends the session, so that others find them.</summary>
    public async Task StoreAsync(IDataPlane dataPlane, params IEnumerable<byte[]> contents)
    {
        var ticket = await BackupAsync();
        var channel = await dataPlane.OpenBackupAsync(ticket, CancellationToken.None);
        foreach (var content in contents)
            await channel.PutAsync(ChunkOf(content), Owned(content), CancellationToken.None);
        await channel.FlushAsync(CancellationToken.None);
        await Register.EndAsync(ticket.SessionId);
    }

    /// <summary>A request as anybody who knows the secret can send it; the status and the code of the error document.</summary>
    public async Task<(int Status, string? Code)> SendAsync(
        HttpMethod method,
        string path,
        byte[]? token,
        HttpContent? body = null,
        CancellationToken cancellation = default
    )
    {
        using var request = new HttpRequestMessage(method, new Uri(new Uri(Server.Address), path)) { Content = body };
        if (token is not null)
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Convert.ToHexStringLower(token)}");
        using var answer = await _http.SendAsync(request, cancellation);
        var document = await answer.Content.ReadAsByteArrayAsync(cancellation);
        return ((int)answer.StatusCode, ErrorForm.TryRead(document)?.Code);
    }

    /// <summary>Bytes sent as they are over a connection that proved the secret, or not; all that came back.</summary>
    public async Task<string> SendRawAsync(byte[] bytes, bool proves = true)
    {
        var stream = await ConnectAsync(new Uri(Server.Address).Port, proves, CancellationToken.None);
        await using (stream)
        {
            await stream.WriteAsync(bytes);
            using var reader = new StreamReader(stream);
            try
            {
                return await reader.ReadToEndAsync();
            }
            catch (IOException)
            {
                return "";
            }
        }
    }

    public static ChunkRef ChunkOf(byte[] content) => new(Digest.Of(content), content.Length);

    public static IMemoryOwner<byte> Owned(byte[] content)
    {
        var owner = MemoryPool<byte>.Shared.Rent(content.Length);
        content.CopyTo(owner.Memory);
        return owner;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _http.Dispose();
        await Server.DisposeAsync();
        await Register.DisposeAsync();
        _gate.Dispose();
        _secret.Dispose();
    }

    private static ItemSecrets Secrets() =>
        new(new ItemKey(FormatSamples.Vault, FormatSamples.Item), [FormatSamples.Dek()], new ItemKeySet(FormatSamples.Secret(0x40)));

    private ValueTask<Stream> ConnectAsync(int port, CancellationToken cancellation) => ConnectAsync(port, proves: true, cancellation);

    private async ValueTask<Stream> ConnectAsync(int port, bool proves, CancellationToken cancellation)
    {
        var endpoint = new IPEndPoint(IPAddress.Loopback, port);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint, cancellation);
        var stream = new NetworkStream(socket, ownsSocket: true);
        if (proves)
            await ConnectionProof.PresentAsync(
                _secret,
                ConnectionProof.DataPlane,
                endpoint,
                stream,
                stream,
                TimeProvider.System,
                cancellation: cancellation
            );
        return stream;
    }
}
