using System.IO.Pipelines;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Connections;

namespace RecoveryVault.Tests.Connections;

public sealed class ConnectionProofTests : IDisposable
{
    private static readonly IPEndPoint Here = new(IPAddress.Loopback, 4711);
    private readonly ConnectionSecret _secret = ConnectionSecret.Create();
    private readonly Pipe _toServer = new();
    private readonly Pipe _toClient = new();
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _secret.Dispose();

    [Fact]
    public async Task Client_WithAnotherSecret_IsRefusedAndRefuses()
    {
        using var other = ConnectionSecret.Create();
        await Assert.ThrowsAsync<ConnectionRefusedException>(() => PresentAsync(other, ConnectionProof.Gateway, Here, AcceptAsync()));
    }

    [Fact]
    public async Task Client_ThatMeantAnotherPort_Refuses() =>
        await Assert.ThrowsAsync<ConnectionRefusedException>(() =>
            PresentAsync(_secret, ConnectionProof.Gateway, new IPEndPoint(IPAddress.Loopback, 4712), AcceptAsync())
        );

    [Fact]
    public async Task Client_ThatMeantAnotherPurpose_Refuses() =>
        await Assert.ThrowsAsync<ConnectionRefusedException>(() => PresentAsync(_secret, ConnectionProof.DataPlane, Here, AcceptAsync()));

    [Fact]
    public async Task Server_GreetedBySomethingElse_Refuses()
    {
        var accepting = AcceptAsync();
        await _toServer.Writer.WriteAsync(new byte[36]);
        var error = await Assert.ThrowsAsync<ConnectionRefusedException>(() => accepting);
        Assert.Contains("greet", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_ThatMirrorsTheClient_IsRefused()
    {
        // Who knows nothing can only send back what came: no proof of one side is one of the other.
        var presenting = ConnectionProof.PresentAsync(_secret, ConnectionProof.Gateway, Here, ToClient, ToServer, _time);
        var greeting = new byte[36];
        await _toServer.Reader.AsStream().ReadExactlyAsync(greeting);
        await _toClient.Writer.WriteAsync((byte[])[.. greeting[4..], .. greeting[4..]]);
        await Assert.ThrowsAsync<ConnectionRefusedException>(() => presenting);
    }

    [Fact]
    public async Task Server_ClientStaysSilent_GivesUp()
    {
        var accepting = AcceptAsync();
        _time.Advance(ConnectionProof.Patience);
        await Assert.ThrowsAsync<ConnectionRefusedException>(() => accepting);
    }

    [Fact]
    public async Task Server_ClientLeaves_GivesUp()
    {
        var accepting = AcceptAsync();
        await _toServer.Writer.CompleteAsync();
        await Assert.ThrowsAsync<ConnectionRefusedException>(() => accepting);
    }

    [Fact]
    public async Task Both_WithTheSecret_AreLetThroughAndNoByteMoreIsRead()
    {
        var accepting = AcceptAsync();
        await PresentAsync(_secret, ConnectionProof.Gateway, Here, accepting);
        await accepting;
        await _toServer.Writer.WriteAsync("next"u8.ToArray());
        Assert.Equal(4, (await _toServer.Reader.ReadAsync()).Buffer.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("zz00000000000000000000000000000000000000000000000000000000000000")]
    public void Parse_NoSecret_IsRefused(string text) => Assert.Throws<FormatException>(() => ConnectionSecret.Parse(text));

    [Fact]
    public void ToString_OfASecret_TellsNothing()
    {
        using var parsed = ConnectionSecret.Parse(_secret.Reveal());
        Assert.Equal(_secret.Reveal(), parsed.Reveal());
        Assert.DoesNotContain(_secret.Reveal(), _secret.ToString(), StringComparison.Ordinal);
    }

    private Stream ToClient => _toClient.Reader.AsStream();

    private Stream ToServer => _toServer.Writer.AsStream();

    private Task AcceptAsync() =>
        ConnectionProof.AcceptAsync(
            _secret,
            ConnectionProof.Gateway,
            Here,
            _toServer.Reader.AsStream(),
            _toClient.Writer.AsStream(),
            _time
        );

    /// <summary>The client's part; when one side gives up, its end of the connection closes.</summary>
    private async Task PresentAsync(ConnectionSecret secret, string purpose, IPEndPoint meant, Task accepting)
    {
        var closing = accepting.ContinueWith(
            async done =>
            {
                if (done.IsFaulted)
                    await _toClient.Writer.CompleteAsync();
            },
            TaskScheduler.Default
        );
        await ConnectionProof.PresentAsync(secret, purpose, meant, ToClient, ToServer, _time);
        await accepting;
        await await closing;
    }
}
