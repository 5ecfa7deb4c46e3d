namespace RecoveryVault;

/// <summary>
/// Lets a session's silo hear of its client now and then while that has nothing to send or ask: a slow source, a slow target and a reader
/// who pages through a list must not look like a client that died.
/// </summary>
internal sealed class SessionKeepAlive : IAsyncDisposable
{
    /// <summary>Far below the 90 seconds after which a silo takes a session for abandoned: a few may be lost.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _time;
    private readonly PeriodicTimer _timer;
    private readonly Task _running;

    /// <param name="touch">Any call of the session that asks for nothing.</param>
    /// <param name="time">Says when.</param>
    public SessionKeepAlive(Func<CancellationToken, ValueTask> touch, TimeProvider time)
    {
        _time = time;
        _timer = new PeriodicTimer(Period, time);
        _running = RunAsync(touch);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _timer.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(Func<CancellationToken, ValueTask> touch)
    {
        while (await _timer.WaitForNextTickAsync(_stop.Token))
            await TouchAsync(touch);
    }

    private async Task TouchAsync(Func<CancellationToken, ValueTask> touch)
    {
        using var patience = new CancellationTokenSource(Period, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stop.Token);
        try
        {
            await touch(either.Token);
        }
        catch (Exception)
        {
            // Once more at the next tick, or the session has failed: whoever uses it next hears why. Thrown from here it would hide that.
        }
    }
}
