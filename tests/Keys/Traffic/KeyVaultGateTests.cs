using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Traffic;
using RecoveryVault.Tests.Format;

namespace RecoveryVault.Tests.Keys.Traffic;

/// <summary>What goes out to a key vault that is away, and when it is back.</summary>
public sealed class KeyVaultGateTests : IDisposable
{
    private const string Host = "gate.vault.azure.net";
    private const int Waiting = 200;

    private readonly FakeTimeProvider _time = new();
    private readonly KeyVaultGate _gate;
    private readonly DekCache _cache;
    private Exception? _trouble;
    private TaskCompletionSource? _hold;
    private int _calls;
    private int _underWay;
    private int _mostUnderWay;

    public KeyVaultGateTests()
    {
        _gate = new KeyVaultGate(Host, new RetryIntervals(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30)), _time);
        _cache = new DekCache(_time);
    }

    public void Dispose() => _cache.Dispose();

    private static KeyVaultException Fault(KeyVaultFault fault, int status = 503) => new(fault, status, "C", null, "Made by a test.");

    [Theory]
    [InlineData(KeyVaultFault.KeyDisabled, 403)]
    [InlineData(KeyVaultFault.BadParameter, 400)]
    [InlineData(KeyVaultFault.Throttled, 429)]
    [InlineData(KeyVaultFault.Unauthorized, 401)]
    [InlineData(KeyVaultFault.Unreachable, 409)]
    public async Task Failure_ThatIsAnAnswer_KeepsNobodyElseOut(KeyVaultFault fault, int status)
    {
        _trouble = Fault(fault, status);
        await FailAsync();
        await FailAsync();

        Assert.Equal(2, _calls);
    }

    [Fact]
    public async Task Outage_VerdictBetweenProbes_IsTheLastOne_AndNotSent()
    {
        _trouble = Fault(KeyVaultFault.Unreachable);
        await FailAsync();

        var refusal = await FailAsync();

        Assert.Equal((KeyVaultFault.Unreachable, 503, 1), (refusal.Fault, refusal.Status, _calls));
        Assert.Contains(Host, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outage_OfAnHourWithManyWaiting_CostsOneCallAnInterval()
    {
        _trouble = Fault(KeyVaultFault.Unreachable, status: 0);
        for (var at = TimeSpan.Zero; at < TimeSpan.FromHours(1); at += TimeSpan.FromSeconds(5))
        {
            for (var item = 0; item < Waiting; item++)
                Assert.Equal(KeyVaultVerdict.Unreachable, (await FailAsync()).Verdict);
            _time.Advance(TimeSpan.FromSeconds(5));
        }
        // 1, 2, 4, 8, 16 s, then every 24 to 36 s.
        Assert.InRange(_calls, 3600 / 36, 10 + (3600 / 24));

        _calls = 0;
        _trouble = null;
        _time.Advance(TimeSpan.FromSeconds(36));
        await AllAsync(item => LeaseAsync((uint)item));
        // Each waits for a key of its own, and asks once.
        Assert.Equal(Waiting, _calls);
        Assert.InRange(_mostUnderWay, 1, KeyVaultGate.CallsAtOnce);
    }

    [Fact]
    public async Task Return_WithManyWaitingForOneKey_CostsOneCall()
    {
        _trouble = Fault(KeyVaultFault.Unreachable);
        await FailAsync();
        _time.Advance(TimeSpan.FromSeconds(2));
        (_calls, _trouble) = (0, null);

        await AllAsync(_ => LeaseAsync(1));

        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task Probe_UnderWay_IsWaitedFor_AndItsVerdictIsEverybodys()
    {
        _trouble = Fault(KeyVaultFault.Unreachable);
        await FailAsync();
        _time.Advance(TimeSpan.FromSeconds(2));
        _calls = 0;
        _hold = new TaskCompletionSource();
        var all = Enumerable.Range(0, Waiting).Select(_ => Task.Run(FailAsync)).ToList();
        Assert.True(SpinWait.SpinUntil(() => _underWay == 1, 30_000));

        _hold.SetResult();

        Assert.All(await Task.WhenAll(all), e => Assert.Equal(KeyVaultFault.Unreachable, e.Fault));
        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task Probe_Cancelled_LetsTheNextOneAsk()
    {
        _trouble = Fault(KeyVaultFault.Unreachable);
        await FailAsync();
        _time.Advance(TimeSpan.FromSeconds(2));
        _trouble = new OperationCanceledException();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _gate.PassAsync(CallAsync, CancellationToken.None));

        _trouble = null;
        await _gate.PassAsync(CallAsync, CancellationToken.None);

        Assert.Equal(3, _calls);
    }

    [Fact]
    public async Task CallsUnderWay_WhenItGoesAway_AreFew_AndTheOthersAreNotSent()
    {
        _trouble = Fault(KeyVaultFault.Unreachable);
        _hold = new TaskCompletionSource();
        var all = Enumerable.Range(0, Waiting).Select(_ => Task.Run(FailAsync)).ToList();
        Assert.True(SpinWait.SpinUntil(() => _underWay == KeyVaultGate.CallsAtOnce, 30_000));

        _hold.SetResult();

        await Task.WhenAll(all);
        Assert.Equal(KeyVaultGate.CallsAtOnce, _calls);
    }

    [Fact]
    public async Task Passes_HoweverMany_LeaveRoomForAJob()
    {
        var hold = _hold = new TaskCompletionSource();
        var passes = Enumerable.Range(0, Waiting).Select(_ => Task.Run(() => CallPriority.YieldAsync(PassAsync))).ToList();
        Assert.True(SpinWait.SpinUntil(() => _underWay == KeyVaultGate.YieldingAtOnce, 30_000));
        _hold = null;

        await PassAsync();

        Assert.Equal(KeyVaultGate.YieldingAtOnce + 1, _calls);
        hold.SetResult();
        await Task.WhenAll(passes);
        Assert.Equal(Waiting + 1, _calls);
    }

    [Fact]
    public async Task Queue_ThatDoesNotMove_IsLeftInTime()
    {
        _hold = new TaskCompletionSource();
        var busy = Enumerable.Range(0, KeyVaultGate.CallsAtOnce).Select(_ => Task.Run(PassAsync)).ToList();
        Assert.True(SpinWait.SpinUntil(() => _underWay == KeyVaultGate.CallsAtOnce, 30_000));
        var waiting = FailAsync();
        _time.Advance(KeyVaultGate.LongestWait);

        Assert.Equal((KeyVaultFault.Throttled, KeyVaultVerdict.Unreachable), ((await waiting).Fault, (await waiting).Verdict));
        _hold.SetResult();
        await Task.WhenAll(busy);
    }

    private static async Task AllAsync(Func<int, Task> use) =>
        await Task.WhenAll(Enumerable.Range(0, Waiting).Select(item => Task.Run(() => use(item))));

    private Task<int> PassAsync() => _gate.PassAsync(CallAsync, CancellationToken.None);

    private Task<KeyVaultException> FailAsync() => Assert.ThrowsAsync<KeyVaultException>(PassAsync);

    private async Task LeaseAsync(uint epoch)
    {
        var id = new DekId(new ItemKey(FormatSamples.Vault, FormatSamples.Item), epoch, 1, "c0");
        (await _cache.LeaseAsync(id, "v1", UnwrapAsync)).Dispose();
    }

    private async Task<SecretBytes> UnwrapAsync()
    {
        await PassAsync();
        return FormatSamples.Secret(1);
    }

    private async Task<int> CallAsync()
    {
        Interlocked.Increment(ref _calls);
        var underWay = Interlocked.Increment(ref _underWay);
        for (var most = _mostUnderWay; underWay > most; most = _mostUnderWay)
            Interlocked.CompareExchange(ref _mostUnderWay, underWay, most);
        try
        {
            if (_hold is { } hold)
                await hold.Task;
            return _trouble is { } trouble ? throw trouble : _calls;
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }
}
