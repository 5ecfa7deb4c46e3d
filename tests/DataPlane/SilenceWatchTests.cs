using Microsoft.Extensions.Time.Testing;
using RecoveryVault.DataPlane;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.DataPlane;

/// <summary>How long a request is waited for, and what shows that it is worked on.</summary>
public sealed class SilenceWatchTests
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    private readonly FakeTimeProvider _time = new();
    private readonly TaskCompletionSource<int> _answer = new();
    private Func<CancellationToken, Task> _touch = _ => Task.CompletedTask;
    private bool _isGivenUp;
    private int _touches;

    [Fact]
    public async Task Await_NothingIsAnswered_GivesUpAfterTwoPeriods()
    {
        _touch = cancel => Task.Delay(Timeout.InfiniteTimeSpan, _time, cancel);
        var start = _time.GetUtcNow();
        var refusal = await Assert.ThrowsAsync<VaultException>(() => PassAsync(WaitAsync()));
        Assert.Equal(ErrorCodes.ClusterUnavailable, refusal.Code);
        Assert.StartsWith("It does not answer: nothing came for 30 s", refusal.Message, StringComparison.Ordinal);
        Assert.True(_isGivenUp);
        Assert.Equal(1, _touches);
        Assert.True(_time.GetUtcNow() - start >= 2 * Period);
    }

    [Fact]
    public async Task Await_NobodyIsThere_GivesUp()
    {
        _touch = _ => throw new HttpRequestException("refused");
        Assert.Equal(ErrorCodes.ClusterUnavailable, (await Assert.ThrowsAsync<VaultException>(() => PassAsync(WaitAsync()))).Code);
    }

    [Fact]
    public async Task Await_SessionIsThere_WaitsForTheAnswer()
    {
        _touch = _ =>
        {
            if (_touches == 20)
                _answer.SetResult(7);
            return Task.CompletedTask;
        };
        Assert.Equal(7, await PassAsync(WaitAsync()));
        Assert.Equal(20, _touches);
    }

    [Fact]
    public async Task Await_Cancelled_IsCancelledAndNoSilence()
    {
        using var cancellation = new CancellationTokenSource();
        _touch = cancel => Task.Delay(Timeout.InfiniteTimeSpan, _time, cancel);
        var answer = WaitAsync(cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PassAsync(answer));
    }

    private Task<int> WaitAsync(CancellationToken cancellation = default)
    {
        var watch = new SilenceWatch(
            cancel =>
            {
                _touches++;
                return _touch(cancel);
            },
            "It",
            Period,
            _time
        );
        return watch.AwaitAsync(
            cancel =>
            {
                cancel.Register(() => _isGivenUp = _answer.TrySetCanceled(cancel));
                return _answer.Task;
            },
            cancellation
        );
    }

    private async Task<int> PassAsync(Task<int> answer)
    {
        while (!answer.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        return await answer;
    }
}
