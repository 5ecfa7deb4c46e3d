using RecoveryVault.Errors;

namespace RecoveryVault.Serving;

/// <summary>
/// Hears from the runtime that this silo must not go on: the others took it for dead, say, while it was frozen. Ending it is its host's
/// part: a process may have more in it than one silo.
/// </summary>
internal sealed class SiloEnd : IFatalErrorHandler
{
    private readonly TaskCompletionSource<VaultException> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done when the silo must end.</summary>
    public Task<VaultException> Ended => _ended.Task;

    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender, string? context, Exception? exception) =>
        _ended.TrySetResult(
            new VaultException(
                ErrorCodes.ClusterUnavailable,
                $"This silo must not go on: {WhyOf(context, exception)}",
                "Start it again, or let whatever runs it do so: it joins as a new silo. Nothing acknowledged is lost.",
                exception
            )
        );

    /// <summary>The runtime adds the whole membership table to what it says; its log has that.</summary>
    private static string WhyOf(string? context, Exception? exception) =>
        context?.StartsWith("I have been told I am dead", StringComparison.Ordinal) == true
            ? "the others took it for dead, as it was frozen, cut off or too slow for longer than they wait."
            : OneLine(context is { Length: > 0 } ? context : exception?.Message ?? "the runtime gave no reason.");

    private static string OneLine(string text) => text.Split('\n')[0].TrimEnd();
}
