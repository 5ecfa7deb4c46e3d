using RecoveryVault.Storage;

namespace RecoveryVault.Reminders;

/// <summary>
/// A first contact, tried again every second until it is made or nobody waits for it any more. Made once, it stays; ended, it can be made
/// anew.
/// </summary>
internal sealed class FirstContact(Func<CancellationToken, Task> contact, TimeProvider time, Action<Exception> onFailure)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Attempt? _current;

    private sealed class Attempt
    {
        public CancellationTokenSource Ending { get; } = new();

        public required Task Done { get; init; }

        public int Waiters { get; set; }
    }

    /// <summary>Begins, or waits with whoever began; cancelled by all of them, it ends.</summary>
    public async Task MakeAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Attempt attempt;
        lock (_gate)
        {
            attempt = _current ??= Begin();
            attempt.Waiters++;
        }
        try
        {
            await AwaitAsync(attempt.Done, cancellation);
        }
        finally
        {
            lock (_gate)
            {
                if (--attempt.Waiters == 0 && !attempt.Done.IsCompletedSuccessfully)
                    End(attempt);
            }
        }
    }

    /// <summary>Waits for one that is being made; otherwise there is nothing to wait for.</summary>
    public Task WaitAsync(CancellationToken cancellation)
    {
        lock (_gate)
            return _current is { } attempt ? AwaitAsync(attempt.Done, cancellation) : Task.CompletedTask;
    }

    public void End()
    {
        lock (_gate)
        {
            if (_current is { } attempt)
                End(attempt);
        }
    }

    private Attempt Begin()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var attempt = new Attempt { Done = done.Task };
        _ = RunAsync(done, attempt.Ending.Token);
        return attempt;
    }

    private void End(Attempt attempt)
    {
        attempt.Ending.Cancel();
        if (_current == attempt)
            _current = null;
    }

    private async Task RunAsync(TaskCompletionSource done, CancellationToken ending)
    {
        // The caller's lock is not held for as long as the store takes.
        await Task.Yield();
        while (true)
        {
            try
            {
                ending.ThrowIfCancellationRequested();
                await contact(ending);
                done.TrySetResult();
                return;
            }
            catch (OperationCanceledException) when (ending.IsCancellationRequested)
            {
                done.TrySetCanceled(ending);
                return;
            }
            catch (Exception e)
            {
                onFailure(e);
                await Task.Delay(Pause, time, ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Only who cancelled hears of a cancellation.</summary>
    private static async Task AwaitAsync(Task done, CancellationToken cancellation)
    {
        try
        {
            await done.WaitAsync(cancellation);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new BlobStoreException(BlobError.Unavailable, "The reminder table was stopped before its store had answered.");
        }
    }
}
