using System.Net;
using System.Net.Sockets;
using RecoveryVault.Connections;
using RecoveryVault.DataPath;
using RecoveryVault.DataPath.Wire;
using RecoveryVault.Errors;

namespace RecoveryVault.DataPlane;

/// <summary>The data plane over HTTP to silos in other processes. Dispose ends its connections.</summary>
public sealed class HttpDataPlane : IDataPlane, IDisposable
{
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(10);

    private readonly HttpMessageInvoker _http;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();

    /// <param name="secret">What silos demand of connections, and prove themselves; the caller disposes it after this.</param>
    /// <param name="time">The clock of retries.</param>
    public HttpDataPlane(ConnectionSecret secret, TimeProvider time)
    {
        _time = time;
        _http = new HttpMessageInvoker(
            new SocketsHttpHandler
            {
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,
                ConnectTimeout = ConnectPatience,
                Expect100ContinueTimeout = ConnectPatience,
                PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
                MaxResponseHeadersLength = 4,
                ConnectCallback = (context, cancellation) => ConnectAsync(context.DnsEndPoint, secret, cancellation),
            }
        );
    }

    /// <summary>What this client speaks.</summary>
    internal ContractVersion Contracts { get; init; } = ContractVersion.Ours;

    /// <summary>How long a silo may be silent before it is asked whether it is there.</summary>
    internal TimeSpan Silence { get; init; } = SilenceWatch.Period;

    /// <inheritdoc/>
    public async ValueTask<IBackupChannel> OpenBackupAsync(SessionTicket ticket, CancellationToken cancellation) =>
        await HttpBackupChannel.OpenAsync(Call(ticket, DataPlaneProtocol.Backup), cancellation);

    /// <inheritdoc/>
    public async ValueTask<IRestoreChannel> OpenRestoreAsync(SessionTicket ticket, CancellationToken cancellation) =>
        await HttpRestoreChannel.OpenAsync(Call(ticket, DataPlaneProtocol.Restore), cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _http.Dispose();
        _stop.Dispose();
    }

    private SessionCaller Call(SessionTicket ticket, string direction)
    {
        if (
            !Uri.TryCreate(ticket.Endpoint, UriKind.Absolute, out var silo)
            || silo.Scheme != Uri.UriSchemeHttp
            || !IPAddress.TryParse(silo.Host.Trim('[', ']'), out var address)
            || !IPAddress.IsLoopback(address)
        )
            throw new VaultException(
                ErrorCodes.AccessDenied,
                $"The data plane at '{ticket.Endpoint}' is not on this machine: nothing is sent there unencrypted."
            );
        return new SessionCaller(_http, silo, ticket, direction, Silence, _time, _stop.Token);
    }

    private async ValueTask<Stream> ConnectAsync(DnsEndPoint silo, ConnectionSecret secret, CancellationToken cancellation)
    {
        var endpoint = new IPEndPoint(IPAddress.Parse(silo.Host.Trim('[', ']')), silo.Port);
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint, cancellation);
            var stream = new NetworkStream(socket, ownsSocket: true);
            await ConnectionProof.PresentAsync(secret, ConnectionProof.DataPlane, endpoint, stream, stream, _time, Contracts, cancellation);
            return stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
