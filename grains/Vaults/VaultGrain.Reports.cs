using RecoveryVault.Access;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Reports;

namespace RecoveryVault.Vaults;

public sealed partial class VaultGrain
{
    /// <summary>
    /// The steps of <see cref="TryAssignKeyAsync"/> up to the write. No job and no log entry either: what was not done leaves no trace
    /// here; the key vault's own log has the test value.
    /// </summary>
    public async Task<SignedReport> DryRunEncryptionAsync(UpdateEncryption request)
    {
        await _cell.ReadAsync();
        var trial = new KeyChangeTrial
        {
            Vault = Vault,
            Request = request,
            Uses = await _parts.Census.TakeAsync(VaultId, Vault.Roster),
        };
        trial = await LookAsync(trial);
        var now = Journal.Now;
        var report = new KeyChangeReport
        {
            Kind = ReportKinds.KeyChange,
            Time = ReportHeader.Text(now),
            StoreId = _parts.Reports.StoreId,
            VaultId = VaultId.ToString(),
            VaultName = Vault.Settings.Name,
            Generation = Vault.Settings.Encryption.Current.Generation,
            Caller = Caller.Current,
            KeyUri = request.KeyUri,
            Principal = (trial.Seen ?? Vault).KeyPrincipal,
            Accepted = trial.Refusal is null,
            Refusal = trial.Refusal is { } r ? new ReportedRefusal(r.Code, r.Message, r.Recommendation) : null,
            Checks = trial.Check(now),
            KeyVersion = Vault.ToEncryptionSummary().KeyVersion,
            NewKey = trial.NewKey(),
            Items = trial.Items(),
            Estimate = trial.Estimate(_parts.KeyVaults.BudgetOf),
        };
        return _parts.Reports.Sign(report, ReportJson.Default.KeyChangeReport);
    }

    /// <summary>Both looks first: a report tells all that is missing, not only what the change would stumble over.</summary>
    private async Task<KeyChangeTrial> LookAsync(KeyChangeTrial trial)
    {
        try
        {
            var keyId = RequireKey(trial.Request);
            var seen = Vault.UseIdentity(trial.Request);
            trial = trial with { Seen = seen };
            var started = _parts.Time.GetTimestamp();
            var facts = await LookAtAsync(keyId, seen.KeyPrincipal);
            trial = trial with { Facts = facts, PerCall = _parts.Time.GetElapsedTime(started) / KeyFacts.MostCalls };
            trial = trial with { OldFacts = await LookAtOldKeyAsync(seen.Settings.Encryption, facts?.Key, seen.KeyPrincipal) };
            CmkPreconditions.Require(seen, facts, Journal.Now);
            RequireUnwraps(seen.Settings.Encryption.Current.KeyId, trial.OldFacts);
            seen.AssignKey(keyId, trial.Request.KeyVaultSubscriptionId, facts, seen, Journal.Now);
            return trial;
        }
        catch (VaultException refusal)
        {
            return trial with { Refusal = refusal };
        }
    }

    public async Task<SignedReport> ReportKeyVersionsAsync()
    {
        var versions = await ListKeyVersionsAsync();
        var report = new KeyVersionsReport
        {
            Kind = ReportKinds.KeyVersions,
            Time = ReportHeader.Text(Journal.Now),
            StoreId = _parts.Reports.StoreId,
            VaultId = VaultId.ToString(),
            VaultName = Vault.Settings.Name,
            Generation = Vault.Settings.Encryption.Current.Generation,
            Caller = Caller.Current,
            Versions = [.. versions.Where(version => !KeyVersions.IsPlatform(version.KeyId))],
        };
        return _parts.Reports.Sign(report, ReportJson.Default.KeyVersionsReport);
    }
}
