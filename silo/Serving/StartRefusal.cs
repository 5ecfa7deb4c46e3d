using RecoveryVault.Connections;
using RecoveryVault.Errors;

namespace RecoveryVault.Serving;

/// <summary>
/// Ends a silo's start when it meets a silo of a release that it does not work with. The runtime alone would go on trying to reach it for
/// minutes, and then not say why it could not. A silo that runs already goes on: the other one ends.
/// </summary>
internal sealed class StartRefusal
{
    private readonly TaskCompletionSource<VaultException> _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Refuse(OtherReleaseException other) => _refused.TrySetResult(other.OfSilo());

    /// <exception cref="VaultException">ReleaseMismatch.</exception>
    public async Task<T> GuardAsync<T>(Func<CancellationToken, Task<T>> start, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var starting = start(ending.Token);
        if (await Task.WhenAny(starting, _refused.Task) == starting)
            return await starting;
        await ending.CancelAsync();
        // It ends as soon as the runtime lets it; nobody waits for that.
        _ = starting.ContinueWith(done => done.Exception, TaskScheduler.Default);
        throw await _refused.Task;
    }
}
