namespace RecoveryVault;

/// <summary>
/// Tells a session's silo now and then how far the work for it is, so that others can see it, and hears from it that somebody stopped the
/// job, however long there is nothing to send or ask.
/// </summary>
internal sealed class SessionProgress : IAsyncDisposable
{
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenSource _stopping;
    private readonly Func<Task<bool>> _report;
    private readonly PeriodicTimer _timer;
    private readonly Task _running;

    /// <param name="report">Says how far it is; false when nobody wants the work any more.</param>
    /// <param name="time">Says when.</param>
    /// <param name="cancellation">What stops the work besides.</param>
    public SessionProgress(Func<Task<bool>> report, TimeProvider time, CancellationToken cancellation)
    {
        _report = report;
        _stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _timer = new PeriodicTimer(Period, time);
        _running = RunAsync();
    }

    /// <summary>Cancelled when the work is to end.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Says once more how far it is: before it says that it is done.</summary>
    /// <returns>False when nobody wants the work any more.</returns>
    public async Task<bool> ReportAsync()
    {
        try
        {
            if (await _report())
                return true;
            await _stopping.CancelAsync();
            return false;
        }
        catch (Exception)
        {
            // Nobody sees how far it is. Whether the session is gone, its next use says.
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _timer.Dispose();
        _stopping.Dispose();
        _ended.Dispose();
    }

    private async Task RunAsync()
    {
        while (await _timer.WaitForNextTickAsync(_ended.Token))
            await ReportAsync();
    }
}
