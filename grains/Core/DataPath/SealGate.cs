namespace RecoveryVault.DataPath;

/// <summary>Bounds what all sessions of one silo do at once: processor work (off the grain scheduler) and packs held in memory.</summary>
public sealed class SealGate : IDisposable
{
    /// <summary>
    /// Packs waiting for or under upload in the whole silo; each holds at most <see cref="PackPipeline.PackLength"/> and a chunk.
    /// </summary>
    public const int MaxPacksInFlight = 4;

    private readonly SemaphoreSlim _processors = new(Environment.ProcessorCount);
    private readonly SemaphoreSlim _packs = new(MaxPacksInFlight);

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

    /// <summary>Waits for room for one more pack.</summary>
    public Task EnterPackAsync(CancellationToken cancellation) => _packs.WaitAsync(cancellation);

    public void LeavePack() => _packs.Release();

    public void Dispose()
    {
        _processors.Dispose();
        _packs.Dispose();
    }
}
