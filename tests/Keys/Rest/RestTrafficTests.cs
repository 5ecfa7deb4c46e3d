using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Rest;

namespace RecoveryVault.Tests.Keys.Rest;

/// <summary>What all principals of one key vault share, and what is forgotten of those who ask no more.</summary>
public sealed class RestTrafficTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly StubKeyVault _service = new();
    private readonly List<string> _credentials = [];
    private RestKeyVaults? _keyVaults;

    public void Dispose() => _keyVaults?.Dispose();

    private RestKeyVaults Open(RestOptions options) =>
        _keyVaults = new RestKeyVaults(
            options,
            principal =>
            {
                _credentials.Add(principal);
                return new StubCredential();
            },
            _time,
            _service
        );

    [Fact]
    public async Task RetryAfter_ToldToOnePrincipal_HoldsTheOthersToo_AndIsNoRevocation()
    {
        var keyVaults = Open(RestStage.Quick with { MaxRetries = 0 });
        _service.Challenges().Answer(429, RestBodies.Error("Throttled", null, "Too many."), ("Retry-After", "60"));
        Assert.Equal(KeyVaultFault.Throttled, await FaultAsync(keyVaults, "p1"));
        var sent = _service.Seen.Count;

        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(KeyVaultFault.Throttled, await FaultAsync(keyVaults, "p2"));
        Assert.Equal(sent, _service.Seen.Count);

        _time.Advance(TimeSpan.FromSeconds(31));
        _service.Challenges().Answer(200, RestBodies.Key());
        await keyVaults.Open(RestStage.Host, "p2").GetKeyAsync("kek", null);
    }

    [Fact]
    public async Task Outage_OfAnHour_CostsItsProbes_WhoeverAsks()
    {
        var options = new RestOptions { RetryDelay = TimeSpan.FromMilliseconds(1) };
        var keyVaults = Open(options);
        for (var at = TimeSpan.Zero; at < TimeSpan.FromHours(1); at += TimeSpan.FromSeconds(15))
        {
            for (var vaults = 0; vaults < 20; vaults++)
                Assert.Equal(KeyVaultFault.Unreachable, await FaultAsync(keyVaults, $"p{vaults}"));
            _time.Advance(TimeSpan.FromSeconds(15));
        }
        // One probe in 30 s, three attempts each; without a gate 14,400.
        Assert.InRange(_service.Seen.Count, 3 * 3600 / 45, 3 * (10 + (3600 / 24)));
    }

    [Fact]
    public async Task Budget_CountsChallengesAndRetries()
    {
        // Ten units at once: two requests of four.
        var keyVaults = Open(RestStage.Quick with { UnitsPerTenSeconds = 40, MaxRetryAfter = TimeSpan.Zero, MaxRetries = 5 });
        _service.Challenges().Answer(503).Answer(200, RestBodies.Key());

        Assert.Equal(KeyVaultFault.Throttled, await FaultAsync(keyVaults, "p1"));

        Assert.Equal(2, _service.Seen.Count);
    }

    [Fact]
    public async Task Principals_ThatAreTooMany_AreForgotten_WithoutHarmToACallUnderWay()
    {
        var keyVaults = Open(RestStage.Quick with { MostPrincipals = 2 });
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        _service.Challenges().AnswerLater(asked, answer.Task, 200, RestBodies.Key());
        var call = keyVaults.Open(RestStage.Host, "p0").GetKeyAsync("kek", null);
        await asked.Task;

        for (var others = 1; others <= 5; others++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            keyVaults.Open(RestStage.Host, $"p{others}");
        }
        Assert.Equal(2, keyVaults.Kept);
        answer.SetResult();
        Assert.Equal(RestStage.Version, (await call).Properties.Id.Version);

        _service.Challenges().Answer(200, RestBodies.Key());
        await keyVaults.Open(RestStage.Host, "p0").GetKeyAsync("kek", null);
        Assert.Equal(2, _credentials.Count(c => c == "p0"));
    }

    [Fact]
    public void Principals_NotSeenForAnHour_AreForgotten()
    {
        var keyVaults = Open(RestStage.Quick);
        var first = keyVaults.Open(RestStage.Host, "p");
        Assert.Same(first, keyVaults.Open(RestStage.Host, "p"));
        keyVaults.Open(RestStage.Host, "gone");

        _time.Advance(RestStage.Quick.Idle);

        Assert.NotSame(first, keyVaults.Open(RestStage.Host, "p"));
        Assert.Equal(1, keyVaults.Kept);
    }

    private static async Task<KeyVaultFault> FaultAsync(RestKeyVaults keyVaults, string principal)
    {
        var refusal = await Assert.ThrowsAsync<KeyVaultException>(() => keyVaults.Open(RestStage.Host, principal).GetKeyAsync("kek", null));
        Assert.Equal(KeyVaultVerdict.Unreachable, refusal.Verdict);
        return refusal.Fault;
    }
}
