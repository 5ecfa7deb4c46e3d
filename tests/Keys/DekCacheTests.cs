using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Tests.Format;

namespace RecoveryVault.Tests.Keys;

public sealed class DekCacheTests : IDisposable
{
    private static readonly DekId Id = new(new ItemKey(FormatSamples.Vault, FormatSamples.Item), 1, 1, "c0");

    private readonly FakeTimeProvider _time = new();
    private readonly DekCache _cache;
    private readonly ConcurrentQueue<SecretBytes> _unwrapped = [];

    public DekCacheTests() => _cache = new DekCache(_time);

    public void Dispose() => _cache.Dispose();

    /// <summary>A wall clock that jumps while the monotonic one goes on.</summary>
    private sealed class TornClock : TimeProvider
    {
        public DateTimeOffset Wall { get; set; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

        public TimeSpan Uptime { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => Wall;

        public override long GetTimestamp() => Uptime.Ticks;
    }

    private static KeyVaultException Fault(KeyVaultFault fault) => new(fault, 403, "Forbidden", null, "Made by a test.");

    private Task<SecretBytes> Unwrap()
    {
        var secret = FormatSamples.Secret(1);
        _unwrapped.Enqueue(secret);
        return Task.FromResult(secret);
    }

    private Task<SecretBytes> LeaseAsync() => _cache.LeaseAsync(Id, "v1", Unwrap);

    private static Task<SecretBytes> Refuse(KeyVaultFault fault) => Task.FromException<SecretBytes>(Fault(fault));

    /// <summary>The pinned bytes of a secret, still there to look at after it was zeroed.</summary>
    private static ReadOnlyMemory<byte> MemoryOf(SecretBytes secret) => secret.Memory;

    [Fact]
    public async Task Lease_DeniedUnwrap_KeepsNothingAndAsksAgain()
    {
        await Assert.ThrowsAsync<KeyVaultException>(() => _cache.LeaseAsync(Id, "v1", () => Refuse(KeyVaultFault.KeyDisabled)));

        using var lease = await LeaseAsync();

        Assert.Single(_unwrapped);
    }

    [Fact]
    public async Task Lease_UnreachableBeforeItsTime_AnswersFromTheCache()
    {
        (await LeaseAsync()).Dispose();
        _time.Advance(DekCache.TimeToLive - TimeSpan.FromTicks(1));

        using var lease = await _cache.LeaseAsync(Id, "v1", () => Refuse(KeyVaultFault.Unreachable));

        Assert.Equal(FormatSamples.Secret(1).Span, lease.Span);
    }

    [Fact]
    public async Task Lease_UnreachablePastItsTime_KeepsNothing()
    {
        (await LeaseAsync()).Dispose();
        var cached = MemoryOf(_unwrapped.Single());
        _time.Advance(DekCache.TimeToLive);

        await Assert.ThrowsAsync<KeyVaultException>(() => _cache.LeaseAsync(Id, "v1", () => Refuse(KeyVaultFault.Unreachable)));

        Assert.All(cached.ToArray(), b => Assert.Equal(0, b));
    }

    [Fact]
    public async Task Lease_UsedOften_DoesNotLiveLonger()
    {
        for (var minute = 0; minute < 10; minute++)
        {
            (await LeaseAsync()).Dispose();
            _time.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.Single(_unwrapped);

        (await LeaseAsync()).Dispose();

        Assert.Equal(2, _unwrapped.Count);
    }

    [Fact]
    public async Task Lease_WallClockJumps_DoesNotLiveLonger()
    {
        var clock = new TornClock();
        using var cache = new DekCache(clock);
        (await cache.LeaseAsync(Id, "v1", Unwrap)).Dispose();
        clock.Wall = clock.Wall.AddDays(-1);
        clock.Uptime += DekCache.TimeToLive;

        (await cache.LeaseAsync(Id, "v1", Unwrap)).Dispose();

        Assert.Equal(2, _unwrapped.Count);
    }

    [Fact]
    public async Task Lease_HundredAtOnce_UnwrapOnce()
    {
        var gate = new TaskCompletionSource();
        var leases = Enumerable
            .Range(0, 100)
            .Select(_ =>
                Task.Run(() =>
                    _cache.LeaseAsync(
                        Id,
                        "v1",
                        async () =>
                        {
                            await gate.Task;
                            return await Unwrap();
                        }
                    )
                )
            )
            .ToList();
        gate.SetResult();

        foreach (var lease in await Task.WhenAll(leases))
            lease.Dispose();

        Assert.Single(_unwrapped);
    }

    [Fact]
    public async Task Lease_RefusalOfAnotherWrap_IsNoVerdict()
    {
        var (gate, started) = (new TaskCompletionSource(), new TaskCompletionSource());
        var old = _cache.LeaseAsync(
            Id,
            "v1",
            async () =>
            {
                started.SetResult();
                await gate.Task;
                throw Fault(KeyVaultFault.KeyDisabled);
            }
        );
        await started.Task;
        var current = _cache.LeaseAsync(Id, "v2", Unwrap);
        gate.SetResult();

        await Assert.ThrowsAsync<KeyVaultException>(() => old);
        using var lease = await current;

        Assert.Single(_unwrapped);
    }

    [Fact]
    public async Task Evict_WhileUnwrapping_DropsWhatArrives()
    {
        var (gate, first) = (new TaskCompletionSource(), FormatSamples.Secret(9));
        var memory = MemoryOf(first);
        var calls = 0;
        var lease = _cache.LeaseAsync(
            Id,
            "v1",
            async () =>
            {
                if (Interlocked.Increment(ref calls) > 1)
                    return await Unwrap();
                await gate.Task;
                return first;
            }
        );
        _cache.Evict(Id.Item);
        gate.SetResult();

        (await lease).Dispose();

        Assert.Equal(2, calls);
        Assert.All(memory.ToArray(), b => Assert.Equal(0, b));
    }

    [Fact]
    public async Task Evict_OneItem_ZeroesItsKeysAndNoOthers()
    {
        var other = Id with { Item = Id.Item with { ItemId = ItemId.Create() } };
        (await LeaseAsync()).Dispose();
        (await _cache.LeaseAsync(Id with { DekEpoch = 2 }, "v1", Unwrap)).Dispose();
        (await _cache.LeaseAsync(other, "v1", Unwrap)).Dispose();
        var memories = _unwrapped.Select(MemoryOf).ToList();

        _cache.Evict(Id.Item);

        Assert.Equal([true, true, false], memories.Select(m => m.Span.IndexOfAnyExcept((byte)0) < 0));
    }

    [Fact]
    public async Task EvictExpired_PastTheirTime_ZeroesThem()
    {
        (await LeaseAsync()).Dispose();
        var memory = MemoryOf(_unwrapped.Single());
        _time.Advance(DekCache.TimeToLive);

        _cache.EvictExpired();

        Assert.All(memory.ToArray(), b => Assert.Equal(0, b));
    }

    [Fact]
    public async Task Lease_AfterEviction_StaysUsableUntilItsHolderEndsIt()
    {
        var lease = await LeaseAsync();
        var memory = MemoryOf(lease);

        _cache.Evict(Id.Item);

        Assert.Equal(FormatSamples.Secret(1).Span, lease.Span);
        lease.Dispose();
        Assert.All(memory.ToArray(), b => Assert.Equal(0, b));
    }

    [Fact]
    public async Task Dispose_Full_ZeroesEverythingAndRefusesMore()
    {
        (await LeaseAsync()).Dispose();
        var memory = MemoryOf(_unwrapped.Single());

        _cache.Dispose();

        Assert.All(memory.ToArray(), b => Assert.Equal(0, b));
        await Assert.ThrowsAsync<ObjectDisposedException>(LeaseAsync);
    }

    [Theory]
    [InlineData(2u, 1, "c0")]
    [InlineData(1u, 2, "c0")]
    [InlineData(1u, 1, "c1")]
    public async Task Lease_AnotherKey_IsNotAnsweredByThisOne(uint epoch, byte suite, string commitment)
    {
        (await LeaseAsync()).Dispose();
        var other = new DekId(Id.Item, epoch, suite, commitment);

        (await _cache.LeaseAsync(other, "v1", Unwrap)).Dispose();

        Assert.Equal(2, _unwrapped.Count);
    }
}
