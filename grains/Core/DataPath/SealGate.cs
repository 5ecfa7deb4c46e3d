namespace RecoveryVault.DataPath;

/// <summary>Bounds what all sessions of one silo do at once: processor work (off the grain scheduler) and packs held in memory.</summary>
public sealed class SealGate(int maxPacks = SealGate.MaxPacks) : IDisposable
{
    /// <summary>
    /// Packs being filled, waiting for upload or under it in the whole silo; each holds at most <see cref="PackPipeline.PackLength"/> and a
    /// chunk.
    /// </summary>
    public const int MaxPacks = 8;

    /// <summary>Long chunks between arrival and seal in the whole silo, usually of 1 MiB, each with its compressed copy.</summary>
    public const int MaxChunks = 16;

    private readonly SemaphoreSlim _chunks = new(MaxChunks);
    private readonly SemaphoreSlim _processors = new(Environment.ProcessorCount);
    private readonly SemaphoreSlim _packs = new(maxPacks);
    private readonly Lock _sync = new();
    private TaskCompletionSource _shortage = NewShortage();
    private int _waiting;

    /// <summary>
    /// Completes when somebody waits for room: whoever holds a pack that is not being filled right now then stores it as it is, or sessions
    /// with slow clients could hold all room for as long as they like.
    /// </summary>
    public Task Shortage
    {
        get
        {
            lock (_sync)
                return _shortage.Task;
        }
    }

    /// <summary>How many more packs there is room for.</summary>
    public int FreePacks => _packs.CurrentCount;

    /// <summary>Runs processor work on the thread pool when a processor is free.</summary>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellation)
    {
        await _processors.WaitAsync(cancellation);
        try
        {
            return await Task.Run(work, cancellation);
        }
        finally
        {
            _processors.Release();
        }
    }

    /// <summary>Waits for room for one more long chunk, which is then compressed and sealed without waiting for a client.</summary>
    public Task EnterChunkAsync(CancellationToken cancellation) => _chunks.WaitAsync(cancellation);

    public void LeaveChunk() => _chunks.Release();

    /// <summary>Waits for room for one more pack.</summary>
    public async Task EnterPackAsync(CancellationToken cancellation)
    {
        if (await _packs.WaitAsync(TimeSpan.Zero, cancellation))
            return;
        ReportWaiting();
        try
        {
            await _packs.WaitAsync(cancellation);
        }
        finally
        {
            EndWaiting();
        }
    }

    public void LeavePack() => _packs.Release();

    public void Dispose()
    {
        _chunks.Dispose();
        _processors.Dispose();
        _packs.Dispose();
    }

    private static TaskCompletionSource NewShortage() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void ReportWaiting()
    {
        lock (_sync)
        {
            _waiting++;
            _shortage.TrySetResult();
        }
    }

    private void EndWaiting()
    {
        lock (_sync)
        {
            if (--_waiting == 0)
                _shortage = NewShortage();
        }
    }
}
