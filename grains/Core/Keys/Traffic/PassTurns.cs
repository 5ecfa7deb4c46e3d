using System.Collections.Concurrent;

namespace RecoveryVault.Keys.Traffic;

/// <summary>
/// Whose turn it is: of all rotations of this silo only few work on their items at once, key vault by key vault. Whoever has a turn is
/// through with an item in seconds; the others wait where nobody waits for them, and not inside a call that would run into its timeout.
/// </summary>
public class PassTurns(TimeProvider time)
{
    /// <summary>Twice as many as there may be calls: while one stores what it re-wrapped, the next asks.</summary>
    public const int AtOnce = 2 * KeyVaultGate.YieldingAtOnce;

    /// <summary>A backup of the same vault may be waiting behind whoever waits here.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = new(StringComparer.Ordinal);

    /// <summary>Takes a turn at a key vault, to be disposed; null when none came in time.</summary>
    public virtual async Task<IDisposable?> TryTakeAsync(string host)
    {
        var turns = _turns.GetOrAdd(host, static _ => new SemaphoreSlim(AtOnce));
        using var waiting = new CancellationTokenSource(Patience, time);
        try
        {
            await turns.WaitAsync(waiting.Token);
            return new Turn(turns);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private sealed class Turn(SemaphoreSlim turns) : IDisposable
    {
        private SemaphoreSlim? _held = turns;

        public void Dispose() => Interlocked.Exchange(ref _held, null)?.Release();
    }
}
