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
        var refusal = new VaultException(
            ErrorCodes.ClusterUnavailable,
            $"This silo must not go on: {WhyOf(context, exception)}",
            "Start it again, or let whatever runs it do so: it joins as a new silo. Nothing acknowledged is lost.",
            exception
        );
        if (_ended.TrySetResult(refusal))
            _timer = time.CreateTimer(_ => Environment.Exit(1), null, Patience, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The runtime adds the whole membership table to what it says; its log has that.</summary>
    private static string WhyOf(string? context, Exception? exception) =>
        context?.StartsWith("I have been told I am dead", StringComparison.Ordinal) == true
            ? "the others took it for dead, as it was frozen, cut off or too slow for longer than they wait."
            : OneLine(context is { Length: > 0 } ? context : exception?.Message ?? "the runtime gave no reason.");

    private static string OneLine(string text) => text.Split('\n')[0].TrimEnd();

    public void Dispose() => _timer?.Dispose();
}
