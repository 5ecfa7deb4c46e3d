using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Tests.Format;
using RecoveryVault.Tests.Keys.Rest;

namespace RecoveryVault.Tests.Keys.Traffic;

/// <summary>What the meters tell of key vault calls and of cached data keys.</summary>
public sealed class KeyVaultMetricsTests
{
    [Fact]
    [Trait("Requirement", "R6")]
    public async Task Calls_AreCountedByOperationAndVerdict_RequestsByStatus()
    {
        var host = $"m{Guid.NewGuid():n}"[..20] + ".vault.azure.net";
        using var heard = new HeardMetrics(i => i.Meter.Name == "RecoveryVault.KeyVault", host);
        using var stage = new RestStage(host: host).AfterChallenge();
        var wrapped = RestBodies.Wrapped.Replace(RestStage.Host, host, StringComparison.Ordinal);
        stage.Service.Answer(200, wrapped).Answer(200, wrapped);
        stage
            .Service.Answer(403, RestBodies.Error("Forbidden", "KeyDisabled", "No."))
            .Answer(400, RestBodies.Error("BadParameter", null, "No."));
        var key = KeyId.Parse($"https://{host}/keys/kek/{RestStage.Version}");

        await stage.Vault.WrapKeyAsync(key, new byte[32]);
        (await stage.Vault.UnwrapKeyAsync(key, new byte[256])).Dispose();
        for (var failures = 0; failures < 2; failures++)
            await Assert.ThrowsAsync<KeyVaultException>(() => stage.Vault.UnwrapKeyAsync(key, new byte[256]));
        await Assert.ThrowsAsync<KeyVaultException>(() => stage.Vault.GetKeyAsync("kek", null));

        foreach (var said in (string[])["wrap ok", "unwrap ok", "unwrap denied", "unwrap bad_request", "get unreachable"])
            Assert.Equal((1, 1), (heard.Sum($"rvault.keyvault.calls {said}"), heard.Count($"rvault.keyvault.call.duration {said}")));
        // One challenge, and three attempts that nobody answered.
        foreach (var (status, count) in new[] { (401, 1), (200, 2), (403, 1), (400, 1), (0, 3) })
            Assert.Equal(count, heard.Sum($"rvault.keyvault.requests {status}"));
        Assert.Equal(5, heard.Count("rvault.keyvault.wait.duration"));
    }

    [Fact]
    public async Task Calls_KeptBackInAnOutage_AreCountedAsWithheld()
    {
        var host = $"m{Guid.NewGuid():n}"[..20] + ".vault.azure.net";
        using var heard = new HeardMetrics(i => i.Meter.Name == "RecoveryVault.KeyVault", host);
        using var stage = new RestStage(
            RestStage.Quick with
            {
                FirstOutagePause = TimeSpan.FromHours(1),
                LongestOutagePause = TimeSpan.FromHours(1),
            },
            host
        );

        for (var calls = 0; calls < 3; calls++)
            await Assert.ThrowsAsync<KeyVaultException>(() => stage.Vault.GetKeyAsync("kek", null));

        Assert.Equal(1, heard.Sum("rvault.keyvault.calls get unreachable"));
        Assert.Equal(2, heard.Sum("rvault.keyvault.withheld outage"));
    }

    [Fact]
    public async Task Leases_AreHitsAndMisses_EvictionsHaveAReason()
    {
        var time = new FakeTimeProvider();
        using var cache = new DekCache(time);
        using var heard = new HeardMetrics(i => i.Meter == cache.Meter);
        var item = new ItemKey(FormatSamples.Vault, FormatSamples.Item);
        var id = new DekId(item, 1, 1, "c0");
        ConcurrentQueue<int> unwraps = [];
        Task<SecretBytes> Unwrap()
        {
            unwraps.Enqueue(1);
            return Task.FromResult(FormatSamples.Secret(1));
        }
        async Task LeaseAsync() => (await cache.LeaseAsync(id, "v1", Unwrap)).Dispose();

        for (var leases = 0; leases < 5; leases++)
            await LeaseAsync();
        time.Advance(DekCache.TimeToLive);
        await LeaseAsync();
        cache.Evict(item);
        await LeaseAsync();
        await Assert.ThrowsAsync<KeyVaultException>(() =>
            cache.LeaseAsync(
                id with
                {
                    DekEpoch = 2,
                },
                "v1",
                () => throw new KeyVaultException(KeyVaultFault.Unreachable, 0, "C", null, "Made by a test.")
            )
        );
        cache.Dispose();

        Assert.Equal((4, 4), (heard.Sum("rvault.dek_cache.hits"), heard.Sum("rvault.dek_cache.misses")));
        Assert.Equal(3, unwraps.Count);
        foreach (var reason in (string[])["expired", "denied", "failed", "stopped"])
            Assert.Equal(1, heard.Sum($"rvault.dek_cache.evictions {reason}"));
    }
}
