using System.IO.Pipelines;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Connections;
using RecoveryVault.Errors;

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

    [Theory]
    [InlineData(ConnectionProof.Gateway, 1, 1, 2, 1)]
    [InlineData(ConnectionProof.Gateway, 3, 2, 1, 1)]
    [InlineData(ConnectionProof.Silo, 3, 2, 1, 1)]
    [InlineData(ConnectionProof.Silo, 1, 1, 3, 2)]
    [InlineData(ConnectionProof.DataPlane, 1, 1, 3, 2)]
    public async Task Both_OfReleasesThatDoNotWorkTogether_SayBothVersions(string purpose, int silo, int oldest, int client, int clients)
    {
        var (theirs, ours) = (new ContractVersion((ushort)silo, (ushort)oldest), new ContractVersion((ushort)client, (ushort)clients));
        var refused = await Assert.ThrowsAsync<OtherReleaseException>(() =>
            PresentAsync(_secret, purpose, Here, AcceptAsync(purpose, theirs), ours)
        );
        Assert.Equal((ours, theirs), (refused.Ours, refused.Theirs));
        Assert.Equal(ErrorCodes.ReleaseMismatch, refused.OfClient("here").Code);
    }

    [Theory]
    [InlineData(ConnectionProof.Gateway, 2, 1, 1, 1)]
    [InlineData(ConnectionProof.Silo, 2, 1, 1, 1)]
    [InlineData(ConnectionProof.Silo, 1, 1, 2, 1)]
    [InlineData(ConnectionProof.DataPlane, 1, 1, 2, 1)]
    public async Task Both_OfReleasesThatWorkTogether_AreLetThrough(string purpose, int silo, int oldest, int client, int clients)
    {
        var (theirs, ours) = (new ContractVersion((ushort)silo, (ushort)oldest), new ContractVersion((ushort)client, (ushort)clients));
        await PresentAsync(_secret, purpose, Here, AcceptAsync(purpose, theirs), ours);
    }

    [Fact]
    public async Task Versions_ChangedOnTheWay_AreNoProof()
    {
        var accepting = AcceptAsync();
        var (toRelay, fromRelay) = (new Pipe(), new Pipe());
        var presenting = ConnectionProof.PresentAsync(
            _secret,
            ConnectionProof.Gateway,
            Here,
            fromRelay.Reader.AsStream(),
            toRelay.Writer.AsStream(),
            _time
        );
        var (greeting, answer) = (new byte[40], new byte[68]);
        await toRelay.Reader.AsStream().ReadExactlyAsync(greeting);
        await _toServer.Writer.WriteAsync(greeting);
        await ToClient.ReadExactlyAsync(answer);
        answer[1]++;
        await fromRelay.Writer.WriteAsync(answer);
        await Assert.ThrowsAsync<ConnectionRefusedException>(() => presenting);
        await _toServer.Writer.CompleteAsync();
        await Assert.ThrowsAsync<ConnectionRefusedException>(() => accepting);
    }

    [Fact]
    public async Task Server_GreetedBySomethingElse_Refuses()
    {
        var accepting = AcceptAsync();
        await _toServer.Writer.WriteAsync(new byte[40]);
        var error = await Assert.ThrowsAsync<ConnectionRefusedException>(() => accepting);
        Assert.Contains("greet", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_ThatMirrorsTheClient_IsRefused()
    {
        // Who knows nothing can only send back what came: no proof of one side is one of the other.
        var presenting = ConnectionProof.PresentAsync(_secret, ConnectionProof.Gateway, Here, ToClient, ToServer, _time);
        var greeting = new byte[40];
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

    private Task AcceptAsync(string purpose = ConnectionProof.Gateway, ContractVersion? contracts = null) =>
        ConnectionProof.AcceptAsync(
            _secret,
            purpose,
            Here,
            _toServer.Reader.AsStream(),
            _toClient.Writer.AsStream(),
            _time,
            contracts: contracts
        );

    /// <summary>The client's part; when one side gives up, its end of the connection closes.</summary>
    private async Task PresentAsync(
        ConnectionSecret secret,
        string purpose,
        IPEndPoint meant,
        Task accepting,
        ContractVersion? contracts = null
    )
    {
        var closing = accepting.ContinueWith(
            async done =>
            {
                if (done.IsFaulted)
                    await _toClient.Writer.CompleteAsync();
            },
            TaskScheduler.Default
        );
        await ConnectionProof.PresentAsync(secret, purpose, meant, ToClient, ToServer, _time, contracts: contracts);
        await accepting;
        await await closing;
    }
}
