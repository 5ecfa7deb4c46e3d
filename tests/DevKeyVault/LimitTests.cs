using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.DevKeyVault.Limits;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Rest;

namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>The service's limits, as the development server enforces them when it is told to.</summary>
public sealed class LimitTests(ServerStage stage) : IClassFixture<ServerStage>
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData("KeyUnwrap", "RSA", 2048, 4000)]
    [InlineData("KeyUnwrap", "RSA", 3072, 1000)]
    [InlineData("KeyGet", "RSA", 4096, 500)]
    [InlineData("KeyUnwrap", "RSA-HSM", 2048, 2000)]
    [InlineData("KeyUnwrap", "RSA-HSM", 3072, 500)]
    [InlineData("KeyUnwrap", "RSA-HSM", 4096, 250)]
    [InlineData("KeySign", "EC", 256, 4000)]
    [InlineData("KeySign", "EC-HSM", 256, 2000)]
    [InlineData("KeyCreate", "RSA", 2048, 20)]
    [InlineData("KeyRotate", "RSA-HSM", 4096, 10)]
    [InlineData("KeyList", "", 0, 4000)]
    public void Window_HoldsTheDocumentedNumber_AndNotOneMore(string operation, string type, int size, int count)
    {
        var limits = new ServiceLimits(new LimitSettings(Enabled: true), _time);
        var limit = TransactionLimits.Of(operation, type, size);
        for (var taken = 0; taken < count; taken++)
            Assert.Null(limits.Take("kv", limit));

        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(TimeSpan.FromSeconds(6), limits.Take("kv", limit));
        Assert.Null(limits.Take("other", limit));
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.Null(limits.Take("KV", limit));
    }

    [Fact]
    public void Window_SumsWhatItsTransactionsWeigh()
    {
        var limits = new ServiceLimits(new LimitSettings(Enabled: true), _time);
        for (var taken = 0; taken < 124; taken++)
            Assert.Null(limits.Take("kv", TransactionLimits.Of("KeyUnwrap", "RSA-HSM", 4096)));
        for (var taken = 0; taken < 1008; taken++)
            Assert.Null(limits.Take("kv", TransactionLimits.Of("KeyUnwrap", "RSA-HSM", 2048)));

        Assert.NotNull(limits.Take("kv", TransactionLimits.Of("KeyUnwrap", "RSA-HSM", 2048)));
    }

    [Fact]
    public async Task Limits_Unusable_AreRefused()
    {
        var answer = await Record.ExceptionAsync(() => SetAsync(new { enabled = true, scale = 0 }));

        Assert.Contains("InvalidRequest", answer?.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Request_OverTheLimit_IsThrottledAsTheServiceDoes(bool retryAfter)
    {
        var vault = await stage.CreateAsync();
        await vault.CreateKeyAsync("kek");
        await SetAsync(
            new
            {
                enabled = true,
                scale = 0.001,
                windowSeconds = 3600,
                retryAfter,
            }
        );
        try
        {
            // Four of a thousandth of the limit.
            for (var calls = 0; calls < 4; calls++)
                Assert.Equal("200", (await vault.SendAsync("GET", "keys/kek")).Outcome);
            var refused = await vault.SendAsync("GET", "keys/kek");

            Assert.Equal("429 Throttled", refused.Outcome);
            Assert.Contains("VaultRequestTypeLimitReached", refused.Message, StringComparison.Ordinal);
            Assert.Equal(retryAfter, refused.Headers.ContainsKey("Retry-After"));
        }
        finally
        {
            await SetAsync(new { enabled = false });
        }
        Assert.Equal("200", (await vault.SendAsync("GET", "keys/kek")).Outcome);
    }

    [Theory]
    [InlineData(1000, false)]
    [InlineData(1_000_000, true)]
    public async Task OurClient_AtTheLimit_IsNeverRevoked_AndWithItsBudgetNotEvenThrottled(int unitsPerTenSeconds, bool isThrottled)
    {
        const int Calls = 300;
        var vault = await stage.CreateAsync();
        var id = KeyId.Parse(await vault.CreateKeyAsync("kek"));
        var options = new RestOptions { UnitsPerTenSeconds = unitsPerTenSeconds, RetryDelay = TimeSpan.FromMilliseconds(1) };
        var client = stage.Client(vault.Host, new PrincipalCredential(stage, vault.Owner), options);
        var wrapped = await client.WrapKeyAsync(id, new byte[32]);
        // A tenth of what ten seconds really allow, in one: of RSA 2048 some 200, or 400 with what a budget lets out in it. To be refused,
        // so little that a busy machine reaches it, too.
        await SetAsync(
            new
            {
                enabled = true,
                scale = isThrottled ? 0.005 : 0.1,
                windowSeconds = 1,
            }
        );
        ConcurrentQueue<KeyVaultVerdict> verdicts = [];
        try
        {
            await Parallel.ForAsync(
                0,
                Calls,
                new ParallelOptions { MaxDegreeOfParallelism = 32 },
                async (_, cancellation) =>
                {
                    try
                    {
                        (await client.UnwrapKeyAsync(id, wrapped.EncryptedKey, cancellation)).Dispose();
                    }
                    catch (KeyVaultException e)
                    {
                        verdicts.Enqueue(e.Verdict);
                    }
                }
            );
        }
        finally
        {
            await SetAsync(new { enabled = false });
        }
        Assert.All(verdicts, v => Assert.Equal(KeyVaultVerdict.Unreachable, v));
        Assert.Equal(isThrottled, await CountThrottledAsync(vault) > 0);
        if (!isThrottled)
            Assert.Empty(verdicts);
    }

    private async Task<int> CountThrottledAsync(ServedKeyVault vault) =>
        (await stage.ManageAsync(HttpMethod.Get, "audit"))!
            .AsArray()
            .Count(e =>
                ((string?)e!["resourceId"])!.EndsWith($"/{vault.Name}", StringComparison.OrdinalIgnoreCase)
                && (int?)e["properties"]!["httpStatusCode"] == 429
            );

    private Task<JsonNode?> SetAsync(object limits) => stage.ManageAsync(HttpMethod.Put, "limits", limits);
}
