using System.Net;
using System.Text;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.DataPath.Wire;
using RecoveryVault.DataPlane;
using RecoveryVault.Errors;
using RecoveryVault.Tests.DataPath.Wire;

namespace RecoveryVault.Tests.DataPlane;

public sealed class DataPlaneEndpointTests : IAsyncLifetime
{
    private DataPlaneStage? _stage;

    private DataPlaneStage Stage => _stage ?? throw new InvalidOperationException("Not started.");

    public async Task InitializeAsync() => _stage = await DataPlaneStage.StartAsync();

    public async Task DisposeAsync() => await Stage.DisposeAsync();

    [Fact]
    public async Task Connection_ThatProvesNothing_IsClosedWithoutAWord() =>
        Assert.Equal(
            "",
            await Stage.SendRawAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: x\r\n{new string('x', 40)}"), proves: false)
        );

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task Request_WithoutTheSessionsToken_IsUnauthorized(string? token)
    {
        var ticket = await Stage.BackupAsync();
        foreach (var operation in (string[])[DataPlaneProtocol.Query, DataPlaneProtocol.Chunks, DataPlaneProtocol.Flush])
            Assert.Equal(
                (401, ErrorCodes.SessionLost),
                await PostAsync(ticket, operation, [], token: token is null ? null : Convert.FromHexString(token))
            );
    }

    [Fact]
    public async Task Request_WithAWrongTokenAndASenselessBody_IsUnauthorizedBeforeTheBodyIsLookedAt()
    {
        var ticket = await Stage.BackupAsync();
        Assert.Equal((401, ErrorCodes.SessionLost), await PostAsync(ticket, DataPlaneProtocol.Query, [1, 2, 3], token: new byte[32]));
    }

    [Fact]
    public async Task Request_ToTheOtherDirection_IsUnauthorized()
    {
        var (backup, restore) = (await Stage.BackupAsync(), await Stage.RestoreAsync());
        Assert.Equal(401, (await Stage.SendAsync(HttpMethod.Get, PathOf(backup, "restore"), [.. backup.Token])).Status);
        Assert.Equal(401, (await Stage.SendAsync(HttpMethod.Get, PathOf(restore, "backup"), [.. restore.Token])).Status);
    }

    [Fact]
    public async Task Request_ToAnotherSession_IsUnauthorizedLikeOneToNone()
    {
        var (one, other) = (await Stage.BackupAsync(), await Stage.BackupAsync());
        var toOther = await Stage.SendAsync(HttpMethod.Get, PathOf(other, "backup"), [.. one.Token]);
        var toNone = await Stage.SendAsync(HttpMethod.Get, DataPlaneProtocol.PathOf(Guid.NewGuid(), "backup"), [.. one.Token]);
        Assert.Equal((401, ErrorCodes.SessionLost), toOther);
        Assert.Equal(toOther, toNone);
    }

    [Theory]
    [InlineData("GET", "/v2/sessions/{0}/backup")]
    [InlineData("GET", "/v/sessions/{0}/backup")]
    [InlineData("GET", "/v1/sessions/{0}/sideways")]
    [InlineData("GET", "/v1/sessions/nobody/backup")]
    [InlineData("POST", "/v1/sessions/{0}/backup")]
    [InlineData("GET", "/v1/sessions/{0}/backup/query")]
    [InlineData("DELETE", "/v1/sessions/{0}/backup/query")]
    [InlineData("POST", "/v1/sessions/{0}/backup/read")]
    [InlineData("POST", "/v1/sessions/{0}/backup/query/more")]
    [InlineData("GET", "/")]
    public async Task Request_ThatTheVersionDoesNotKnow_IsAMismatch(string method, string path)
    {
        var ticket = await Stage.BackupAsync();
        var answer = await Stage.SendAsync(
            new HttpMethod(method),
            string.Format(System.Globalization.CultureInfo.InvariantCulture, path, ticket.SessionId),
            [.. ticket.Token]
        );
        Assert.Equal((404, ErrorCodes.ProtocolMismatch), answer);
    }

    public static TheoryData<string, byte[], int, string> BadFrames
    {
        get
        {
            var content = WireSamples.Header(ChunkFrame.Content(DataPlaneStage.ChunkOf([1])));
            var zeros = WireSamples.Header(new ChunkFrame(ChunkFrameType.Zeros, default, 1, 0));
            return new()
            {
                {
                    "oversize",
                    WireSamples.Header(new ChunkFrame(ChunkFrameType.Content, Digest.Of([1]), ChunkRef.MaxLength + 1, 0)),
                    413,
                    ErrorCodes.RequestTooLarge
                },
                { "too many", [.. Enumerable.Repeat((byte[])[.. content, 1], 4097).SelectMany(f => f)], 413, ErrorCodes.RequestTooLarge },
                { "truncated", content, 400, ErrorCodes.InvalidRequest },
                { "no end", [.. content, 1], 400, ErrorCodes.InvalidRequest },
                { "other digest", [.. content, 2], 400, ErrorCodes.ChunkGarbled },
                { "zeros", zeros, 400, ErrorCodes.InvalidRequest },
                { "miscounted", WireSamples.Header(ChunkFrame.End(3)), 400, ErrorCodes.InvalidRequest },
                { "unknown type", [9, .. new byte[60]], 400, ErrorCodes.InvalidRequest },
            };
        }
    }

    [Theory]
    [MemberData(nameof(BadFrames))]
    public async Task Chunks_FramesThatAreNone_AreRefusedAndTheSessionGoesOn(string what, byte[] body, int status, string code)
    {
        Assert.NotEmpty(what);
        var ticket = await Stage.BackupAsync();
        Assert.Equal((status, code), await PostAsync(ticket, DataPlaneProtocol.Chunks, body, [.. ticket.Token]));
        var good = (byte[])
            [.. WireSamples.Header(ChunkFrame.Content(DataPlaneStage.ChunkOf([7]))), 7, .. WireSamples.Header(ChunkFrame.End(1))];
        Assert.Equal((204, null), await PostAsync(ticket, DataPlaneProtocol.Chunks, good, [.. ticket.Token]));
    }

    [Fact]
    public async Task Chunks_WithAnotherDigest_AreNotTaken()
    {
        var ticket = await Stage.BackupAsync();
        var chunk = DataPlaneStage.ChunkOf([1, 2]);
        byte[] body = [.. WireSamples.Header(ChunkFrame.Content(chunk)), 1, 3, .. WireSamples.Header(ChunkFrame.End(1))];
        await PostAsync(ticket, DataPlaneProtocol.Chunks, body, [.. ticket.Token]);
        var channel = await Stage.Sessions.OpenBackupAsync(ticket, default);
        Assert.True(Assert.Single(await channel.FindNewAsync([chunk], default)));
    }

    [Fact]
    public async Task Body_LongerThanAnyMayBe_IsRefusedUnread()
    {
        var ticket = await Stage.BackupAsync();
        var answer = await Stage.SendRawAsync(
            Encoding.ASCII.GetBytes(
                $"POST {DataPlaneProtocol.PathOf(ticket.SessionId, "backup", DataPlaneProtocol.Chunks)} HTTP/1.1\r\nHost: x\r\n"
                    + $"Authorization: Bearer {Convert.ToHexStringLower(ticket.Token.AsSpan())}\r\nContent-Length: {1L << 40}\r\n\r\n"
            )
        );
        Assert.StartsWith("HTTP/1.1 413", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_LargerThanAnyMayBe_AreRefused() =>
        Assert.StartsWith(
            "HTTP/1.1 431",
            await Stage.SendRawAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: x\r\nX: {new string('x', 4000)}\r\n\r\n")),
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData(1)]
    [InlineData((ChunkRefList.EntryLength * IBackupChannel.MaxQuery) + 1)]
    public async Task Query_ThatIsNone_IsRefused(int length)
    {
        var ticket = await Stage.BackupAsync();
        var (status, _) = await PostAsync(ticket, DataPlaneProtocol.Query, new byte[length], [.. ticket.Token]);
        Assert.Equal(length == 1 ? 400 : 413, status);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("[::]:4711")]
    [InlineData("192.0.2.7:80")]
    public void Address_OfMoreThanThisMachine_IsRefused(string text) =>
        Assert.Equal(ErrorCodes.InsecureListenRefused, Assert.Throws<VaultException>(() => ListenAddress.Parse(text)).Code);

    [Theory]
    [InlineData("")]
    [InlineData("4711")]
    [InlineData("example.org:80")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("127.0.0.1:")]
    [InlineData("[::1")]
    public void Address_ThatIsNone_IsRefused(string text) =>
        Assert.Equal(ErrorCodes.InvalidRequest, Assert.Throws<VaultException>(() => ListenAddress.Parse(text)).Code);

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1:0")]
    [InlineData("127.0.0.1:4711", "127.0.0.1:4711")]
    [InlineData("localhost:4711", "127.0.0.1:4711")]
    [InlineData(":4711", "127.0.0.1:4711")]
    [InlineData("[::1]:4711", "[::1]:4711")]
    [InlineData("::1", "[::1]:0")]
    public void Address_OfThisMachine_IsTaken(string text, string expected) =>
        Assert.Equal(IPEndPoint.Parse(expected), ListenAddress.Parse(text));

    private static string PathOf(SessionTicket ticket, string direction) => DataPlaneProtocol.PathOf(ticket.SessionId, direction);

    private Task<(int Status, string? Code)> PostAsync(SessionTicket ticket, string operation, byte[] body, byte[]? token) =>
        Stage.SendAsync(
            HttpMethod.Post,
            DataPlaneProtocol.PathOf(ticket.SessionId, DataPlaneProtocol.Backup, operation),
            token,
            new ByteArrayContent(body)
        );
}
