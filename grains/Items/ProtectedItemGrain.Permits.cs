using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;

namespace RecoveryVault.Items;

// Sessions under way learn of a revocation: their clients ask no key vault. The vault says whether any of its items was denied; then each
// item with a session asks the key vault itself, for it may be wrapped by another version. Without denials it asks every five minutes.
// Whoever hears nothing stops: a permit that is not renewed lapses.
public sealed partial class ProtectedItemGrain
{
    /// <summary>Three times within a permit's lifetime, so that one lost call stops nobody.</summary>
    private static readonly TimeSpan PermitPeriod = KeyPermit.Lifetime / 3;

    private readonly Dictionary<Guid, KeyPermit> _permits = [];

    private IGrainTimer? _permitCheck;

    /// <summary>Has a session's permit watched from now on; platform-managed keys need none.</summary>
    private void WatchPermit(Guid sessionId, KeyPermit? permit)
    {
        if (permit is null)
            return;
        _permits[sessionId] = permit;
        // Sessions run outside of the grain; what they ask of it runs in a turn of its own.
        var turns = TaskScheduler.Current;
        permit.RenewBy(() => Task.Factory.StartNew(RenewPermitsAsync, CancellationToken.None, TaskCreationOptions.None, turns).Unwrap());
        _permitCheck ??= this.RegisterGrainTimer(CheckPermitsAsync, new GrainTimerCreationOptions(PermitPeriod, PermitPeriod));
    }

    private async Task CheckPermitsAsync()
    {
        await EndRevokedSessionsAsync();
        if (_permits.Count == 0)
        {
            _permitCheck?.Dispose();
            _permitCheck = null;
            return;
        }
        // First the vault: what it says does not wait for a key vault that is away.
        if (await RenewPermitsAsync() is { } keys && _permits.Values.Any(p => p.Age >= DekCache.TimeToLive / 2))
            await ConfirmAsync(keys);
    }

    /// <summary>
    /// Renews the permits if the vault knows of no denial, or else if the key vault agrees all the same. Never throws: what is not renewed
    /// lapses.
    /// </summary>
    /// <returns>The vault's key when it was renewed.</returns>
    private async Task<VaultKeyContext?> RenewPermitsAsync()
    {
        try
        {
            var askedAt = _parts.Time.GetTimestamp();
            var keys = await Vault.GetKeyContextAsync();
            if (keys.KeyDeniedAt is not null && !await ConfirmAsync(keys))
                return null;
            foreach (var permit in _permits.Values)
                permit.Renew(askedAt);
            return keys;
        }
        catch (Exception e) when (e is OrleansException || Refusals.Find(e) is not null)
        {
            if (Refusals.Find(e) is { Code: not ErrorCodes.ClusterUnavailable } refusal)
                Obstruct(refusal);
            return null;
        }
    }

    /// <summary>Asks the key vault itself. An outage takes nothing away before its time; a denial takes all, and says why.</summary>
    private async Task<bool> ConfirmAsync(VaultKeyContext keys)
    {
        try
        {
            await OnNamedRingAsync(() => VerifyRingAsync(keys));
            foreach (var permit in _permits.Values)
                permit.Confirm();
            if (keys.KeyDeniedAt is not null)
                await Vault.NoteKeyAnswerAsync(isDenied: false);
            return true;
        }
        catch (Exception e) when (Refusals.Find(e) is { } refusal)
        {
            if (e is KeyVaultException { Verdict: KeyVaultVerdict.Denied })
                foreach (var permit in _permits.Values)
                    permit.Revoke(refusal);
            Obstruct(refusal);
            return false;
        }
    }

    private void Obstruct(VaultException refusal)
    {
        foreach (var permit in _permits.Values)
            permit.Obstruct(refusal);
    }

    private async Task<bool> VerifyRingAsync(VaultKeyContext keys)
    {
        if (Item.Ring is { } reference)
            await _parts.Rings.VerifyAsync(await _parts.Rings.ReadAsync(Key, reference), PrincipalOf(keys));
        return true;
    }

    private async Task EndRevokedSessionsAsync()
    {
        foreach (var (sessionId, permit) in _permits.ToList())
        {
            if (!_parts.Sessions.Contains(sessionId))
                _permits.Remove(sessionId);
            else if (permit.Refusal is { } refusal)
                await Journal.BestEffortAsync(() => EndRevokedAsync(sessionId, refusal));
        }
    }

    private async Task EndRevokedAsync(Guid sessionId, VaultException refusal)
    {
        var error = new JobError(refusal.Code, refusal.Message, refusal.Recommendation);
        if (_backups.ContainsKey(sessionId))
            await AbandonBackupAsync(new AbandonBackup(sessionId, error));
        else
            await EndRestoreAsync(new EndRestore(sessionId, JobStatus.Failed, [error], new Dictionary<string, string>()));
        _permits.Remove(sessionId);
    }
}
