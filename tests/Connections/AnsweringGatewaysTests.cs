using System.Net;
using System.Net.Sockets;
using RecoveryVault.Connections;

namespace RecoveryVault.Tests.Connections;

/// <summary>Which of a cluster's gateways a client is told to go through.</summary>
public sealed class AnsweringGatewaysTests : IDisposable
{
    private readonly ConnectionSecret _secret = ConnectionSecret.Create();
    private readonly List<TcpListener> _listeners = [];

    public void Dispose()
    {
        _listeners.ForEach(l => l.Dispose());
        _secret.Dispose();
    }

    [Fact]
    public async Task Gateways_NoneAnswers_AreAllOfThemAndTheRefusalIsTold()
    {
        var (gone, stranger) = (Closed(), Answering(ConnectionSecret.Create()));
        var gateways = Among(stranger, gone);

        var (answering, refusal) = await gateways.KnockAsync(default);

        Assert.Empty(answering);
        Assert.IsType<ConnectionRefusedException>(refusal);
        Assert.Equal(new[] { gone.Port, stranger.Port }.Order(), (await gateways.GetGatewaysAsync()).Select(u => u.Port).Order());
    }

    [Fact]
    public async Task Gateways_SomeGoneSilentOrStrange_AreThoseThatAnswer()
    {
        var alive = Answering(_secret);
        var gateways = Among(Closed(), Silent(), Answering(ConnectionSecret.Create()), alive);

        Assert.Equal([alive.Port], (await gateways.GetGatewaysAsync()).Select(u => u.Port));
        // Asked again, for a silo may be back.
        var back = Answering(_secret);
        Assert.Equal(2, (await Among(back, alive).GetGatewaysAsync()).Count);
    }

    [Fact]
    public async Task Knock_Cancelled_EndsAsCancelled()
    {
        using var ending = new CancellationTokenSource();
        var knock = Among(Silent()).KnockAsync(ending.Token);
        await ending.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => knock);
    }

    private AnsweringGateways Among(params IPEndPoint[] gateways) =>
        new(new GatewayOptions { Gateways = gateways, Secret = _secret }, TimeProvider.System);

    private IPEndPoint Closed()
    {
        var at = Silent();
        _listeners[^1].Stop();
        return at;
    }

    /// <summary>As of a process that stands still: the system takes connections for it.</summary>
    private IPEndPoint Silent()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _listeners.Add(listener);
        return (IPEndPoint)listener.LocalEndpoint;
    }

    private IPEndPoint Answering(ConnectionSecret secret)
    {
        var at = Silent();
        _ = AnswerAsync(_listeners[^1], at, secret);
        return at;
    }

    private static async Task AnswerAsync(TcpListener listener, IPEndPoint at, ConnectionSecret secret)
    {
        while (true)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync();
                var stream = client.GetStream();
                await ConnectionProof.AcceptAsync(secret, ConnectionProof.Gateway, at, stream, stream, TimeProvider.System);
            }
            catch (Exception e) when (e is IOException)
            {
                // That client is refused; the next may be let in.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }
}
