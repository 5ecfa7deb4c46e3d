namespace RecoveryVault;

/// <summary>
/// Lets a session's silo hear of its client now and then while that has nothing to send or ask: a slow source, a slow target and a reader
/// who pages through a list must not look like a client that died.
/// </summary>
internal sealed class SessionKeepAlive : IAsyncDisposable
{
    /// <summary>Far below the time after which a silo takes a session for abandoned.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(3);

    private readonly CancellationTokenSource _stop = new();
    private readonly PeriodicTimer _timer;
    private readonly Task _running;

    /// <param name="touch">Any call of the session that asks for nothing.</param>
    public SessionKeepAlive(Func<CancellationToken, ValueTask> touch, TimeProvider time)
    {
        _timer = new PeriodicTimer(Period, time);
        _running = RunAsync(touch);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _timer.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(Func<CancellationToken, ValueTask> touch)
    {
        try
        {
            while (await _timer.WaitForNextTickAsync(_stop.Token))
                await touch(_stop.Token);
        }
        catch (Exception)
        {
            // Ended, or the session has failed: whoever uses it next hears why. Thrown from here it would hide what failed first.
        }
    }
}
