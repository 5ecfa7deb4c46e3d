using RecoveryVault.Keys;

namespace RecoveryVault.Reclaim;

/// <summary>
/// A reclaim as a session of its silo: while it is registered its slot is held. Ending it stops the work, waits for that, and zeroes the
/// item's keys.
/// </summary>
public sealed class ReclaimSession(ItemSecrets? secrets, TimeProvider time) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private Task _work = Task.CompletedTask;
    private bool _isEnded;

    /// <summary>Null when everything goes, and nothing has to be read.</summary>
    public ItemSecrets? Secrets => secrets;

    public ReclaimCounters Counters { get; } = new(time);

    /// <summary>Cancelled when it is to stop.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Lets it end at its next step.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            if (!_isEnded)
                _stop.Cancel();
        }
    }

    /// <summary>Runs work on the thread pool, off whatever scheduler the caller is on.</summary>
    public Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work)
    {
        lock (_gate)
        {
            _stop.Token.ThrowIfCancellationRequested();
            var running = Task.Run(() => work(_stop.Token), _stop.Token);
            _work = running;
            return running;
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_isEnded)
                return;
            _stop.Cancel();
            _isEnded = true;
        }
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        secrets?.Dispose();
        _stop.Dispose();
    }
}
