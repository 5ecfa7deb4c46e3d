using System.Net;
using RecoveryVault.Keys;

namespace RecoveryVault.Tests.Keys.Rest;

/// <summary>Every row of the service's error table, and what stands between us and it: the verdict is right each time.</summary>
public sealed class VerdictTests
{
    private const string Rbac =
        "Caller is not authorized to perform action on resource.\\r\\nIf role assignments, deny assignments or role definitions were changed "
        + "recently, please observe propagation time.\\r\\nCaller: name=a;appid=b;oid=c;iss=https://sts.windows.net/t/\\r\\n"
        + "Action: 'Microsoft.KeyVault/vaults/keys/unwrap/action'\\r\\nAssignment: (not found)\\r\\nVault: kv1;location=westeurope\\r\\n";

    [Theory]
    [InlineData(403, "Forbidden", "ForbiddenByRbac", Rbac, KeyVaultFault.NoPermission)]
    [InlineData(
        403,
        "Forbidden",
        "AccessDenied",
        "The user, group or application 'oid=c' does not have keys unwrapKey permission",
        KeyVaultFault.NoPermission
    )]
    [InlineData(
        403,
        "Forbidden",
        "ForbiddenByPolicy",
        "The user, group or application 'oid=c' does not have keys unwrapKey permission",
        KeyVaultFault.NoPermission
    )]
    [InlineData(403, "Forbidden", null, "Access denied.", KeyVaultFault.NoPermission)]
    [InlineData(403, "Forbidden", "SomethingNew", "Not today.", KeyVaultFault.NoPermission)]
    [InlineData(403, "Forbidden", "KeyDisabled", "Operation unwrapKey is not allowed on a disabled key.", KeyVaultFault.KeyDisabled)]
    [InlineData(403, "Forbidden", "KeyExpired", "Operation wrapKey is not allowed on an expired key.", KeyVaultFault.KeyExpired)]
    [InlineData(403, "Forbidden", "KeyNotYetValid", "Not yet.", KeyVaultFault.KeyNotYetValid)]
    [InlineData(
        403,
        "Forbidden",
        "KeyOperationForbidden",
        "Operation unwrapKey is not permitted on this key.",
        KeyVaultFault.OperationForbidden
    )]
    [InlineData(
        403,
        "Forbidden",
        "ForbiddenByFirewall",
        "Client address (x) is not authorized and caller is not a trusted service",
        KeyVaultFault.ForbiddenByFirewall
    )]
    [InlineData(403, "Forbidden", "ForbiddenByConnection", "Public network access is disabled", KeyVaultFault.ForbiddenByFirewall)]
    [InlineData(404, "KeyNotFound", null, "A key with (name/id) kek was not found in this key vault.", KeyVaultFault.KeyNotFound)]
    public async Task Refusal_OfTheService_IsDenied(int status, string code, string? inner, string message, KeyVaultFault fault)
    {
        var refusal = await RefusalAsync(status, RestBodies.Error(code, inner, message));

        Assert.Equal((KeyVaultVerdict.Denied, fault), (refusal.Verdict, refusal.Fault));
        Assert.Equal((status, code, inner), (refusal.Status, refusal.Code, refusal.InnerCode));
        Assert.StartsWith(message.Replace("\\r\\n", "\r\n", StringComparison.Ordinal), refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith("(request r-1)", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        429,
        """{"error":{"code":"Throttled","message":"Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached"}}""",
        KeyVaultFault.Throttled
    )]
    [InlineData(429, "", KeyVaultFault.Throttled)]
    [InlineData(
        409,
        """{"error":{"code":"Conflict","message":"m","innererror":{"code":"ObjectIsBeingRecovered"}}}""",
        KeyVaultFault.Unreachable
    )]
    [InlineData(500, """{"error":{"code":"InternalServerError","message":"m"}}""", KeyVaultFault.Unreachable)]
    [InlineData(500, """{"error":{"code":"Forbidden","message":"m","innererror":{"code":"KeyDisabled"}}}""", KeyVaultFault.Unreachable)]
    [InlineData(503, "<html>", KeyVaultFault.Unreachable)]
    [InlineData(403, "<html>Blocked by your company's proxy</html>", KeyVaultFault.Unreachable)]
    [InlineData(403, """{"error":"Forbidden"}""", KeyVaultFault.Unreachable)]
    [InlineData(403, """{"code":"Forbidden"}""", KeyVaultFault.Unreachable)]
    [InlineData(403, "", KeyVaultFault.Unreachable)]
    [InlineData(404, "<html>", KeyVaultFault.Unreachable)]
    [InlineData(404, """{"error":{"code":"NotFound","message":"m"}}""", KeyVaultFault.Unreachable)]
    [InlineData(400, "<html>", KeyVaultFault.Unreachable)]
    [InlineData(302, "", KeyVaultFault.Unreachable)]
    [InlineData(204, "", KeyVaultFault.Unreachable)]
    [InlineData(200, "", KeyVaultFault.Unreachable)]
    [InlineData(200, "<html>Please sign in</html>", KeyVaultFault.Unreachable)]
    [InlineData(200, "{}", KeyVaultFault.Unreachable)]
    [InlineData(
        200,
        """{"kid":"https://kv1.vault.azure.net/keys/kek/92d0a9f947d847beaa970b0526eab569","value":"*"}""",
        KeyVaultFault.Unreachable
    )]
    [InlineData(
        200,
        """{"kid":"https://kv1.vault.azure.net/keys/kek/92d0a9f947d847beaa970b0526eab569","value":""}""",
        KeyVaultFault.Unreachable
    )]
    [InlineData(200, """{"kid":"https://kv1.vault.azure.net/keys/kek","value":"AQ"}""", KeyVaultFault.Unreachable)]
    [InlineData(
        200,
        """{"kid":"https://kv1.vault.azure.net/keys/kek/00000000000000000000000000000000","value":"AQ"}""",
        KeyVaultFault.Unreachable
    )]
    [InlineData(
        200,
        """{"kid":"https://kv2.vault.azure.net/keys/kek/92d0a9f947d847beaa970b0526eab569","value":"AQ"}""",
        KeyVaultFault.Unreachable
    )]
    public async Task NoWordOfTheService_IsUnreachable(int status, string body, KeyVaultFault fault)
    {
        var refusal = await RefusalAsync(status, body);

        Assert.Equal((KeyVaultVerdict.Unreachable, fault), (refusal.Verdict, refusal.Fault));
    }

    [Theory]
    [InlineData(400, "BadParameter", null)]
    [InlineData(409, "Conflict", "ObjectIsDeletedButRecoverable")]
    public async Task WrongRequest_IsNeither(int status, string code, string? inner)
    {
        var refusal = await RefusalAsync(status, RestBodies.Error(code, inner, "m"));

        Assert.Equal(KeyVaultVerdict.BadRequest, refusal.Verdict);
    }

    [Fact]
    public async Task InnerError_InTheOtherSpelling_IsRead()
    {
        var refusal = await RefusalAsync(403, """{"Error":{"code":"Forbidden","message":"m","innerError":{"code":"KeyDisabled"}}}""");

        Assert.Equal(KeyVaultFault.KeyDisabled, refusal.Fault);
    }

    [Fact]
    public async Task Denial_IsAskedForOnce()
    {
        using var stage = new RestStage().AfterChallenge();
        stage.Service.Answer(403, RestBodies.Error("Forbidden", "KeyDisabled", "m")).Answer(200, RestBodies.Wrapped);

        await stage.RefusalOfUnwrapAsync();

        Assert.Equal(2, stage.Service.Seen.Count);
    }

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task PassingTrouble_IsTriedAgainWithTheWholeBody(int status)
    {
        using var stage = new RestStage().AfterChallenge();
        stage.Service.Answer(status).Answer(status).Answer(200, RestBodies.Wrapped);

        using var secret = await stage.Vault.UnwrapKeyAsync(RestStage.Key, new byte[256]);

        Assert.Equal(8, secret.Length);
        Assert.Equal(4, stage.Service.Seen.Count);
        Assert.Single(stage.Service.Seen.Skip(1).Select(s => s.Body).Distinct());
    }

    [Fact]
    public async Task TroubleBeforeTheChallenge_LosesNoBody()
    {
        using var stage = new RestStage();
        stage.Service.Answer(503).Challenges().Answer(200, RestBodies.Wrapped);

        using var secret = await stage.Vault.UnwrapKeyAsync(RestStage.Key, new byte[256]);

        Assert.Equal([null, null], stage.Service.Seen.Take(2).Select(s => s.Body));
        Assert.NotNull(stage.Service.Seen[2].Body);
    }

    [Fact]
    public async Task LongRetryAfter_IsToldAtOnce()
    {
        using var stage = new RestStage().AfterChallenge();
        stage.Service.Answer(429, null, ("Retry-After", "3600"));

        Assert.Equal(KeyVaultFault.Throttled, (await stage.RefusalOfUnwrapAsync()).Fault);
        Assert.Equal(2, stage.Service.Seen.Count);
    }

    [Theory]
    [InlineData("Name or service not known")]
    [InlineData("The SSL connection could not be established")]
    public async Task LostConnection_IsUnreachable(string message)
    {
        using var stage = new RestStage().AfterChallenge();
        for (var i = 0; i < 3; i++)
            stage.Service.Answer(() => throw new HttpRequestException(message));

        var refusal = await stage.RefusalOfUnwrapAsync();

        Assert.Equal((KeyVaultFault.Unreachable, 0), (refusal.Fault, refusal.Status));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("ClientOptions", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silence_EndsAfterTheTimeOfACall()
    {
        var options = RestStage.Quick with { CallTimeout = TimeSpan.FromMilliseconds(50) };
        using var stage = new RestStage(options).AfterChallenge();
        stage.Service.Answer(() => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new SilentStream()) });

        var refusal = await stage.RefusalOfUnwrapAsync();

        Assert.Equal(KeyVaultFault.Unreachable, refusal.Fault);
    }

    [Fact]
    public async Task Cancelled_ByTheCaller_IsNoVerdict()
    {
        using var stage = new RestStage();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            stage.Vault.UnwrapKeyAsync(RestStage.Key, new byte[256], cancelled.Token)
        );
    }

    [Fact]
    public async Task AnswerWithoutEnd_IsCutOff()
    {
        using var stage = new RestStage().AfterChallenge();
        stage.Service.Answer(200, new string(' ', 1 << 20));

        Assert.Equal(KeyVaultVerdict.Unreachable, (await stage.RefusalOfUnwrapAsync()).Verdict);
    }

    private static async Task<KeyVaultException> RefusalAsync(int status, string body)
    {
        using var stage = new RestStage().AfterChallenge();
        for (var i = 0; i < 3; i++)
            stage.Service.Answer(status, body, ("x-ms-request-id", "r-1"));
        return await stage.RefusalOfUnwrapAsync();
    }

    private sealed class SilentStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return 0;
        }

        public override async Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            await ReadAsync(buffer.AsMemory(offset, count), cancellationToken);
    }
}
