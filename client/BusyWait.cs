using System.Security.Cryptography;
using RecoveryVault.Errors;

namespace RecoveryVault;

/// <summary>
/// Waiting for a server that has no room now. It says itself when to ask again, and keeps the turn of who does; a little of chance keeps
/// many that wait from asking at the same moment.
/// </summary>
internal sealed class BusyWait(TimeSpan patience, TimeProvider time)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(15);

    private readonly long _since = time.GetTimestamp();
    private int _tries;

    /// <summary>Whether nobody was told yet.</summary>
    public bool IsNews => _tries == 0;

    /// <summary>Whether that is worth waiting for, and there is time left.</summary>
    public bool Allows(VaultException cause) => IsBusy(cause) && time.GetElapsedTime(_since) < patience;

    public static bool IsBusy(VaultException cause) => cause.Code is ErrorCodes.ServerBusy or ErrorCodes.ClientLimitReached;

    public Task PauseAsync(VaultException cause, CancellationToken cancellation) =>
        Task.Delay(DelayOf(cause.RetryAfter, _tries++, Chance()), time, cancellation);

    /// <summary>Never earlier than asked for, and at most half as long again; without a word twice as long each time.</summary>
    /// <param name="hint">What the server said; zero: nothing.</param>
    /// <param name="tries">Waits before this one.</param>
    /// <param name="chance">From 0 to 1.</param>
    internal static TimeSpan DelayOf(TimeSpan hint, int tries, double chance)
    {
        var delay =
            hint > TimeSpan.Zero ? hint
            : tries >= 4 ? LongestDelay
            : FirstDelay * (1 << tries);
        return delay * (1 + (chance / 2));
    }

    /// <summary>From 0 to 1.</summary>
    internal static double Chance() => RandomNumberGenerator.GetInt32(1001) / 1000.0;
}
