using RecoveryVault.Errors;

namespace RecoveryVault.Keys;

/// <summary>
/// A session's leave to use an item's keys: before every opening and sealing it is asked for. It fails closed, twice: it holds for
/// <see cref="Lifetime"/> from the last time the vault said that no denial is known, and as long as a cached key would from the last time
/// the key vault unwrapped. So a session stops by itself when nobody can tell it to; a key vault that is merely away takes nothing from it
/// before that time. A denial takes the leave away at once and for good.
/// </summary>
/// <param name="time">The monotonic clock counts.</param>
/// <param name="confirmedAt">Timestamp of the unwrap that the keys come from.</param>
public sealed class KeyPermit(TimeProvider time, long confirmedAt)
{
    /// <summary>How long the vault's word counts.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    /// <summary>How long a use of the keys waits for a renewal that is due.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private long _confirmedAt = confirmedAt;
    private long _renewedAt = time.GetTimestamp();
    private volatile VaultException? _refusal;
    private volatile VaultException? _obstacle;
    private Func<Task>? _renew;
    private Task? _renewing;

    /// <summary>How long ago the key vault last agreed.</summary>
    public TimeSpan Age => time.GetElapsedTime(Interlocked.Read(ref _confirmedAt));

    /// <summary>What took it away; null while nothing has.</summary>
    public VaultException? Refusal => _refusal;

    private bool IsRenewed => time.GetElapsedTime(Interlocked.Read(ref _renewedAt)) < Lifetime;

    /// <summary>How to ask the vault; used when a permit has lapsed because nobody renewed it in time.</summary>
    public void RenewBy(Func<Task> renew) => _renew = renew;

    /// <summary>The key vault has just unwrapped.</summary>
    public void Confirm() => Interlocked.Exchange(ref _confirmedAt, time.GetTimestamp());

    /// <summary>The vault knew of no denial.</summary>
    /// <param name="askedAt">Timestamp from before it was asked: an answer may have been long on its way.</param>
    public void Renew(long askedAt)
    {
        lock (_gate)
            _renewedAt = Math.Max(_renewedAt, askedAt);
        _obstacle = null;
    }

    /// <summary>It could not be renewed: what a use of the keys is told once it has lapsed.</summary>
    public void Obstruct(VaultException obstacle) => _obstacle = obstacle;

    public void Revoke(VaultException refusal) => _refusal = refusal;

    /// <summary>Returns while the keys may be used; one that has lapsed is renewed first, if it can be.</summary>
    /// <exception cref="VaultException">As <see cref="Require"/>.</exception>
    public ValueTask RequireAsync()
    {
        if (_refusal is null && !IsRenewed && _renew is { } renew)
            return RenewAndRequireAsync(renew);
        Require();
        return ValueTask.CompletedTask;
    }

    /// <exception cref="VaultException">
    /// The denial's code; KeyVaultUnreachable when the key vault was silent for too long; KeyPermitLapsed, or why the vault could not
    /// answer, when it was the vault that was.
    /// </exception>
    public void Require()
    {
        if (_refusal is { } refusal)
            throw Again(refusal);
        if (Age >= DekCache.TimeToLive)
            throw new VaultException(
                ErrorCodes.KeyVaultUnreachable,
                $"No word of the key vault for {DekCache.TimeToLive.TotalMinutes:0} minutes: the session's keys rest."
            );
        if (IsRenewed)
            return;
        throw _obstacle is { } obstacle
            ? Again(obstacle)
            : new VaultException(
                ErrorCodes.KeyPermitLapsed,
                $"No word of the vault for {Lifetime.TotalSeconds:0} s whether its key is denied: the session's keys rest."
            );
    }

    private async ValueTask RenewAndRequireAsync(Func<Task> renew)
    {
        Task renewing;
        lock (_gate)
            renewing = _renewing is { IsCompleted: false } running ? running : _renewing = renew();
        try
        {
            await renewing.WaitAsync(Patience, time);
        }
        catch (TimeoutException)
        {
            // Not renewed: Require says so.
        }
        Require();
    }

    private static VaultException Again(VaultException said) => new(said.Code, said.Message, said.Recommendation);
}
