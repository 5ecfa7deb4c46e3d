using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RecoveryVault.Tests.Storage.Azure;

/// <summary>What happens to a request on its way.</summary>
public enum Trouble
{
    /// <summary>It passes.</summary>
    None,

    /// <summary>It is answered by the proxy, and the service never sees it.</summary>
    AnsweredInstead,

    /// <summary>The service carries it out, and the proxy's answer takes the place of the service's.</summary>
    AnsweredAfter,

    /// <summary>The connection is cut before the service sees it.</summary>
    CutBefore,

    /// <summary>The service carries it out, and the connection is cut without an answer.</summary>
    CutAfter,

    /// <summary>The service carries it out, and half of its answer's body comes through.</summary>
    CutWithin,

    /// <summary>The service carries it out, and no answer comes until the proxy is disposed.</summary>
    Silent,

    /// <summary>The service carries it out, and its answer comes a second late.</summary>
    Late,
}

/// <summary>A request as the proxy saw it, and the service's status when it was passed on.</summary>
internal sealed record SeenRequest(string Method, string Target)
{
    public int? Status { get; set; }

    /// <summary>Whether the service wrote.</summary>
    public bool IsCarriedOutWrite => Method is "PUT" or "DELETE" && Status is >= 200 and < 300;

    public override string ToString() => $"{Method} {Target}";
}

/// <summary>
/// A forwarder of loopback between the SDK and Azurite, one connection at a time on each side, that makes the network's and the service's
/// troubles: a rule says which, request by request.
/// </summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private static readonly HashSet<string> OfTheConnection = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection",
        "Keep-Alive",
        "Transfer-Encoding",
    };

    private static readonly TimeSpan Lateness = TimeSpan.FromSeconds(1);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<SeenRequest> _seen = [];
    private readonly HttpClient _service = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
        }
    );
    private readonly int _servicePort;
    private readonly Task _accepting;

    private FaultProxy(AzuriteServer azurite)
    {
        _servicePort = azurite.Port;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>Starts one in front of a service; the caller disposes it.</summary>
    public static FaultProxy Start(AzuriteServer azurite) => new(azurite);

    public int Port { get; }

    /// <summary>Which trouble a request gets.</summary>
    public Func<SeenRequest, Trouble> Rule { get; set; } = _ => Trouble.None;

    /// <summary>The proxy's own answer.</summary>
    public (int Status, string? ErrorCode) Answer { get; set; } = (500, null);

    /// <summary>All requests so far.</summary>
    public IReadOnlyList<SeenRequest> Seen
    {
        get
        {
            lock (_seen)
                return [.. _seen];
        }
    }

    /// <summary>Gives the trouble to the next requests of a method, and lets all else pass.</summary>
    public void Make(Trouble trouble, Func<string, bool> method, int times = 1)
    {
        var left = times;
        Rule = request => method(request.Method) && Interlocked.Decrement(ref left) >= 0 ? trouble : Trouble.None;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _service.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (!_end.IsCancellationRequested)
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The proxy ends.
        }
        await Task.WhenAll(connections);
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                while (await WireRequest.ReadAsync(stream, _end.Token) is { } request && await HandleAsync(request, client, stream)) { }
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or HttpRequestException)
            {
                // Either side has gone.
            }
        }
    }

    /// <summary>Whether the connection goes on.</summary>
    private async Task<bool> HandleAsync(WireRequest request, TcpClient client, NetworkStream stream)
    {
        var seen = new SeenRequest(request.Method, request.Target);
        lock (_seen)
            _seen.Add(seen);
        var trouble = Rule(seen);
        if (trouble is Trouble.CutBefore)
            return Cut(client);
        if (trouble is Trouble.AnsweredInstead)
            return await WriteAsync(stream, OwnAnswer(request));
        var (head, body) = await ForwardAsync(request, seen);
        switch (trouble)
        {
            case Trouble.CutAfter:
                return Cut(client);
            case Trouble.AnsweredAfter:
                return await WriteAsync(stream, OwnAnswer(request));
            case Trouble.Silent:
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _end.Token);
                return false;
            case Trouble.Late:
                await Task.Delay(Lateness, TimeProvider.System, _end.Token);
                return await WriteAsync(stream, [.. head, .. body]);
            case Trouble.CutWithin:
                await WriteAsync(stream, [.. head, .. body.AsSpan(0, body.Length / 2)]);
                return Cut(client);
            default:
                return await WriteAsync(stream, [.. head, .. body]);
        }
    }

    private async Task<(byte[] Head, byte[] Body)> ForwardAsync(WireRequest request, SeenRequest seen)
    {
        using var message = request.ToMessage(_servicePort);
        using var answer = await _service.SendAsync(message, _end.Token);
        seen.Status = (int)answer.StatusCode;
        var body = await answer.Content.ReadAsByteArrayAsync(_end.Token);
        var head = new StringBuilder($"HTTP/1.1 {(int)answer.StatusCode} {answer.ReasonPhrase}\r\n");
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
            if (!OfTheConnection.Contains(name) && (name != "Content-Length" || request.Method == "HEAD"))
                head.Append(name).Append(": ").AppendJoin(", ", values).Append("\r\n");
        if (request.Method != "HEAD")
            head.Append("Content-Length: ").Append(body.Length).Append("\r\n");
        return (Encoding.Latin1.GetBytes(head.Append("\r\n").ToString()), body);
    }

    private byte[] OwnAnswer(WireRequest request)
    {
        var (status, code) = Answer;
        var body = request.Method == "HEAD" ? "" : "trouble";
        var named = code is null ? "" : $"x-ms-error-code: {code}\r\n";
        return Encoding.ASCII.GetBytes($"HTTP/1.1 {status} Trouble\r\n{named}Content-Length: {body.Length}\r\n\r\n{body}");
    }

    private static bool Cut(TcpClient client)
    {
        client.LingerState = new LingerOption(enable: true, seconds: 0);
        client.Close();
        return false;
    }

    private static async Task<bool> WriteAsync(NetworkStream stream, byte[] bytes)
    {
        await stream.WriteAsync(bytes);
        return true;
    }
}
