namespace RecoveryVault.DevKeyVault.Management;

/// <summary>
/// Changes of permissions that have not reached the key vaults yet: in Azure that takes up to ten minutes. They take effect in their order,
/// by the settable clock, when the next request comes; the server's end lets them take effect.
/// </summary>
internal sealed class PendingPermissions(TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private readonly Queue<(DateTimeOffset Due, Func<Task> Change)> _changes = new();

    /// <summary>How long a change takes; none at first.</summary>
    public TimeSpan Delay { get; set; }

    public async Task ChangeAsync(Func<Task> change)
    {
        if (Delay <= TimeSpan.Zero && _changes.Count == 0)
        {
            await change();
            return;
        }
        await _gate.WaitAsync();
        _changes.Enqueue((clock.GetUtcNow() + Delay, change));
        _gate.Release();
    }

    public Task ApplyDueAsync() => ApplyAsync(clock.GetUtcNow());

    public Task ApplyAllAsync() => ApplyAsync(DateTimeOffset.MaxValue);

    public void Dispose() => _gate.Dispose();

    private async Task ApplyAsync(DateTimeOffset now)
    {
        await _gate.WaitAsync();
        try
        {
            while (_changes.TryPeek(out var next) && next.Due <= now)
            {
                _changes.Dequeue();
                await next.Change();
            }
        }
        finally
        {
            _gate.Release();
        }
    }
}
