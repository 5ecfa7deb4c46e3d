using RecoveryVault.Errors;

namespace RecoveryVault.Keys;

/// <summary>
/// A session's leave to use an item's keys. It holds as long as a cached key would, from the last time the key vault unwrapped: then
/// nothing may be opened or sealed any more, whoever has failed to say so. A denial takes it away at once and for good.
/// </summary>
/// <param name="time">The monotonic clock counts.</param>
/// <param name="confirmedAt">Timestamp of the unwrap that the keys come from.</param>
public sealed class KeyPermit(TimeProvider time, long confirmedAt)
{
    private long _confirmedAt = confirmedAt;
    private volatile VaultException? _refusal;

    /// <summary>How long ago the key vault last agreed.</summary>
    public TimeSpan Age => time.GetElapsedTime(Interlocked.Read(ref _confirmedAt));

    /// <summary>What took it away; null while nothing has.</summary>
    public VaultException? Refusal => _refusal;

    /// <summary>The key vault has just unwrapped.</summary>
    public void Confirm() => Interlocked.Exchange(ref _confirmedAt, time.GetTimestamp());

    public void Revoke(VaultException refusal) => _refusal = refusal;

    /// <exception cref="VaultException">The denial's code; KeyVaultUnreachable when the key vault was silent for too long.</exception>
    public void Require()
    {
        if (_refusal is { } refusal)
            throw new VaultException(refusal.Code, refusal.Message, refusal.Recommendation);
        if (Age >= DekCache.TimeToLive)
            throw new VaultException(
                ErrorCodes.KeyVaultUnreachable,
                $"No word of the key vault for {DekCache.TimeToLive.TotalMinutes:0} minutes: the session's keys rest."
            );
    }
}
