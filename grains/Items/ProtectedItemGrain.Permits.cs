using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;

namespace RecoveryVault.Items;

// Sessions under way learn of a revocation: their clients ask no key vault. The vault says whether any of its items was denied; then each
// item with a session asks the key vault itself, for it may be wrapped by another version. Without denials it asks every five minutes.
public sealed partial class ProtectedItemGrain
{
    /// <summary>Well under the minute within which a denial must be known everywhere: two of these and a key vault's answer.</summary>
    private static readonly TimeSpan PermitPeriod = TimeSpan.FromSeconds(15);

    private readonly Dictionary<Guid, KeyPermit> _permits = [];

    private IGrainTimer? _permitCheck;

    /// <summary>Has a session's permit watched from now on; platform-managed keys need none.</summary>
    private void WatchPermit(Guid sessionId, KeyPermit? permit)
    {
        if (permit is null)
            return;
        _permits[sessionId] = permit;
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
        try
        {
            var keys = await Vault.GetKeyContextAsync();
            if (keys.KeyDeniedAt is null && _permits.Values.All(p => p.Age < DekCache.TimeToLive / 2))
                return;
            await OnNamedRingAsync(() => VerifyRingAsync(keys));
            foreach (var permit in _permits.Values)
                permit.Confirm();
            if (keys.KeyDeniedAt is not null)
                await Vault.NoteKeyAnswerAsync(isDenied: false);
        }
        catch (Exception e) when (Refusals.Find(e) is { } refusal)
        {
            // An outage takes nothing away before its time. Who is revoked hears why; the next round ends the session and zeroes its keys.
            if (e is KeyVaultException { Verdict: KeyVaultVerdict.Denied })
                foreach (var permit in _permits.Values)
                    permit.Revoke(refusal);
        }
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
