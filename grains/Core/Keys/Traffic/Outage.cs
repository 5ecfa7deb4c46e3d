using System.Security.Cryptography;

namespace RecoveryVault.Keys.Traffic;

/// <summary>
/// What is known of one key vault's being away. While it is, one call at a time asks whether it is back, at growing intervals; who comes
/// between hears what the last one heard, and who comes while one asks waits for its answer. Neither an outage nor its end is a stampede.
/// </summary>
internal sealed class Outage(string host, RetryIntervals intervals, TimeProvider time)
{
    private readonly Lock _gate = new();
    private KeyVaultException? _last;
    private TaskCompletionSource? _probe;
    private long _since;
    private long _nextProbeAt;
    private int _failures;

    /// <summary>Lets a call go out, or throws the verdict that stands.</summary>
    /// <returns>Whether the call is the one that asks if the key vault is back.</returns>
    /// <exception cref="KeyVaultException">Unreachable, as the last call that went out heard it.</exception>
    public async ValueTask<bool> AdmitAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Task asking;
            lock (_gate)
            {
                if (_last is null)
                    return false;
                RequireTime();
                if (_probe is null)
                {
                    _probe = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    return true;
                }
                asking = _probe.Task;
            }
            await asking.WaitAsync(cancellation);
        }
    }

    /// <summary>Throws the verdict that stands while nobody may ask; otherwise does nothing.</summary>
    public void Require()
    {
        lock (_gate)
        {
            if (_last is not null)
                RequireTime();
        }
    }

    /// <summary>Learns from a call that was admitted.</summary>
    /// <param name="wasProbe">What <see cref="AdmitAsync"/> returned for it.</param>
    /// <param name="failure">Null: it succeeded.</param>
    public void Learn(bool wasProbe, Exception? failure)
    {
        TaskCompletionSource? asked = null;
        lock (_gate)
        {
            if (wasProbe)
                (asked, _probe) = (_probe, null);
            if (failure is KeyVaultException fault && IsAway(fault))
                Note(fault, wasProbe);
            else if (failure is null or KeyVaultException { Status: > 0 })
                (_last, _failures) = (null, 0);
            // Otherwise the key vault was not asked at all (cancelled, no token): the next one may.
        }
        asked?.SetResult();
    }

    private void Note(KeyVaultException fault, bool wasProbe)
    {
        var now = time.GetTimestamp();
        if (_last is null)
            _since = now;
        // Calls that were under way when it went away all fail, and say no more than the first of them.
        else if (!wasProbe)
            return;
        (_last, _failures) = (fault, _failures + 1);
        _nextProbeAt = now + (long)(intervals.After(_failures).TotalSeconds * time.TimestampFrequency);
    }

    private void RequireTime()
    {
        var now = time.GetTimestamp();
        if (_last is not { } last || _probe is not null || now >= _nextProbeAt)
            return;
        var (away, next) = (time.GetElapsedTime(_since, now), time.GetElapsedTime(now, _nextProbeAt));
        throw new KeyVaultException(
            last.Fault,
            last.Status,
            last.Code,
            last.InnerCode,
            $"{host} has been away for {away.TotalSeconds:0} s and is asked again in {Math.Ceiling(next.TotalSeconds):0} s: {last.Message}"
        );
    }

    /// <summary>
    /// Away is the key vault, not one key of it (being deleted just now) and not whoever gives tokens; a garbled answer is no silence.
    /// </summary>
    private static bool IsAway(KeyVaultException fault) => fault is { Fault: KeyVaultFault.Unreachable, Status: not (200 or 409) };
}

/// <summary>How long to leave a key vault alone that is away: doubled up to the longest, ±20 % so that silos do not ask as one.</summary>
internal sealed record RetryIntervals(TimeSpan First, TimeSpan Longest)
{
    public TimeSpan After(int failures) =>
        Math.Min(First.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, 30)), Longest.TotalSeconds) is var seconds
            ? TimeSpan.FromSeconds(seconds * RandomNumberGenerator.GetInt32(80, 121) / 100)
            : First;
}
