namespace RecoveryVault.Serving;

/// <summary>
/// Counts the calls of clients under way, so that a server that stops can let them end: what they began is then also written down.
/// </summary>
internal sealed class ClientCalls : IIncomingGrainCallFilter
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(50);

    private int _count;

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.SourceId is { } source && !source.IsClient())
        {
            await context.Invoke();
            return;
        }
        Interlocked.Increment(ref _count);
        try
        {
            await context.Invoke();
        }
        finally
        {
            Interlocked.Decrement(ref _count);
        }
    }

    /// <summary>Returns when none is under way, or when patience is over.</summary>
    public async Task WaitUntilIdleAsync(TimeSpan patience, TimeProvider time)
    {
        for (var start = time.GetTimestamp(); Volatile.Read(ref _count) > 0 && time.GetElapsedTime(start) < patience; )
            await Task.Delay(LookPeriod, time);
    }
}
