using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Errors;
using RecoveryVault.Health;
using RecoveryVault.Keys;
using RecoveryVault.Storage;
using RecoveryVault.Stores;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Health;

/// <summary>What a silo says of itself when something it needs is not there.</summary>
public sealed class SiloHealthTests : IAsyncLifetime
{
    private const string StoreId = "22222222-2222-2222-2222-222222222222";

    private readonly FakeTimeProvider _time = new();
    private readonly FaultyBlobStore _store = new(new MemoryBlobStore());
    private PlatformKeyring _keyring = null!;
    private SiloStatus _status = SiloStatus.Active;
    private bool _isWell = true;

    private SiloHealth Health => new(() => _status, () => _isWell, _store, _keyring, _time);

    public async Task InitializeAsync() =>
        (_, _keyring) = await StoreManifest.CreateAsync(_store, StoreId, "rvault", new MemoryBlobStore(), _time);

    public Task DisposeAsync()
    {
        _keyring.Dispose();
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData(SiloStatus.Created)]
    [InlineData(SiloStatus.Joining)]
    [InlineData(SiloStatus.ShuttingDown)]
    [InlineData(SiloStatus.Stopping)]
    [InlineData(SiloStatus.Dead)]
    public async Task Ready_SiloThatIsNotActive_IsNotButAliveUnlessDead(SiloStatus status)
    {
        _status = status;

        Assert.Equal(["silo:ClusterUnavailable"], await FailuresAsync());
        Assert.Equal(status != SiloStatus.Dead, (await Health.AskAliveAsync()).IsOk);
    }

    [Fact]
    public async Task Ready_MembershipStandsStill_IsNot()
    {
        _isWell = false;

        Assert.Equal(["membership:ClusterUnavailable"], await FailuresAsync());
    }

    [Theory]
    [InlineData(BlobError.Unavailable, ErrorCodes.StoreUnavailable)]
    [InlineData(BlobError.AccessDenied, ErrorCodes.StoreAccessDenied)]
    public async Task Ready_StoreThatDoesNotAnswer_IsNotButAlive(BlobError error, string code)
    {
        _store.Inject(new Fault.Fail(error));

        Assert.Equal([$"store:{code}", $"platformKeys:{code}"], await FailuresAsync());
        Assert.True((await Health.AskAliveAsync()).IsOk);
    }

    [Fact]
    public async Task Ready_StoreThatHangs_IsNotWhenPatienceIsOver()
    {
        var never = new TaskCompletionSource();
        _store.Inject(new Fault.First(() => never.Task));
        var asked = Health.AskReadyAsync();
        while (!asked.IsCompleted)
        {
            _time.Advance(SiloHealth.Patience);
            await Task.Yield();
        }

        Assert.Contains(ErrorCodes.StoreUnavailable, (await asked).Checks.Select(c => c.Code));
        never.SetResult();
    }

    [Fact]
    public async Task Ready_StoreGone_IsNot()
    {
        await _store.DeleteAsync(StoreManifest.BlobName);

        Assert.Equal(["store:NotAStore", "platformKeys:NotAStore"], await FailuresAsync());
    }

    [Fact]
    public async Task Ready_KeysOfAnotherStore_IsNot()
    {
        using var other = await PlatformKeyring.CreateAsync(new MemoryBlobStore(), StoreId, _time);
        var health = new SiloHealth(() => _status, () => _isWell, _store, other, _time);

        Assert.Equal(["platformKeys:WrongPlatformKey"], Failures(await health.AskReadyAsync()));
    }

    [Fact]
    public async Task Ready_AskedByMany_ReadsTheStoreOnceASecond()
    {
        var health = Health;
        _store.ForgetCalls();
        for (var i = 0; i < 50; i++)
            Assert.True((await health.AskReadyAsync()).IsOk);
        var calls = _store.Count();
        _time.Advance(SiloHealth.Freshness);
        await health.AskReadyAsync();

        Assert.Equal(2 * calls, _store.Count());
    }

    private async Task<IEnumerable<string>> FailuresAsync() => Failures(await Health.AskReadyAsync());

    private static IEnumerable<string> Failures(HealthAnswer answer) => answer.Checks.Where(c => !c.IsOk).Select(c => $"{c.Name}:{c.Code}");
}
