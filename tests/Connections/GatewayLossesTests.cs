using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Connections;

namespace RecoveryVault.Tests.Connections;

/// <summary>How long a call is waited for whose silo may be gone.</summary>
public sealed class GatewayLossesTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly TaskCompletionSource _answer = new();
    private readonly GatewayLosses _losses;

    public GatewayLossesTests() => _losses = new GatewayLosses(_time);

    [Fact]
    public async Task Await_GatewayLostAndNoAnswer_EndsAfterTheGrace()
    {
        var call = _losses.AwaitAsync(_answer.Task);
        _losses.Lose();
        var start = _time.GetUtcNow();
        await PassAsync(call);
        await Assert.ThrowsAsync<LostCallException>(() => call);
        Assert.True(_time.GetUtcNow() - start >= GatewayLosses.Grace);
    }

    [Fact]
    public async Task Await_AnswerWithinTheGrace_IsTheAnswer()
    {
        var call = _losses.AwaitAsync(_answer.Task);
        _losses.Lose();
        _time.Advance(GatewayLosses.Grace / 2);
        _answer.SetException(new InvalidOperationException("the answer"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => call);
    }

    [Fact]
    public async Task Await_GatewayLostBeforeTheCall_IsNoneOfItsBusiness()
    {
        _losses.Lose();
        var call = _losses.AwaitAsync(_answer.Task);
        _time.Advance(GatewayLosses.Grace * 10);
        await Task.Yield();
        Assert.False(call.IsCompleted);
        _answer.SetResult();
        await call;
    }

    /// <summary>The loss is told on another thread: it must have its turn before the clock moves on.</summary>
    private async Task PassAsync(Task call)
    {
        while (!call.IsCompleted)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }
}
