using RecoveryVault.Errors;

namespace RecoveryVault.Serving;

/// <summary>
/// Hears from the runtime that this silo must not go on: the others took it for dead, say, while it was frozen. Its host ends it in order,
/// as far as that goes; if nobody does so in time, the process ends all the same.
/// </summary>
internal sealed class SiloEnd(TimeProvider time) : IFatalErrorHandler, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource<VaultException> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _timer;

    /// <summary>Done when the silo must end.</summary>
    public Task<VaultException> Ended => _ended.Task;

    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        var why = context is { Length: > 0 } ? context : exception?.Message ?? "the runtime gave no reason";
        var refusal = new VaultException(
            ErrorCodes.ClusterUnavailable,
            $"This silo must not go on: {why}",
            "Start it again: it joins as a new silo. Nothing acknowledged is lost.",
            exception
        );
        if (_ended.TrySetResult(refusal))
            _timer = time.CreateTimer(_ => Environment.Exit(1), null, Patience, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer?.Dispose();
}
