using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Rotation;

namespace RecoveryVault.Vaults;

public sealed partial class VaultGrain
{
    public async Task<EncryptionSummary> UpdateEncryptionAsync(UpdateEncryption request)
    {
        await SettleAsync();
        if (Vault.JobOf(request.OperationId) is { } done)
            return Vault.ToEncryptionSummary(done);
        var keyId = await LogRefusalAsync(LogOperation, request.OperationId, () => Task.FromResult(RequireKey(request)));
        var jobId = await Journal.StartAsync(VaultId, JobOperations.UpdateCustomerManagedKey, itemName: null);
        var note = await Journal.FailOnRefusalAsync(VaultId, jobId, LogOperation, () => TryAssignKeyAsync(request, keyId, jobId));
        if (note is null)
            Journal.Enter(jobId, JobTasks.RewrapItems);
        await SettleAsync(note);
        if (Vault.MustBeWatched)
            await EnsureRotationAsync();
        return Vault.ToEncryptionSummary(jobId);
    }

    private const string LogOperation = "UpdateEncryption";

    private KeyId RequireKey(UpdateEncryption request)
    {
        var keyId = Vault.RequireKeyChange(request);
        KeyVaultConnector.RequireKnown(keyId);
        return keyId;
    }

    private async Task<OwedNote?> TryAssignKeyAsync(UpdateEncryption request, KeyId keyId, Guid jobId)
    {
        OwedNote? note = null;
        try
        {
            var seen = Vault.UseIdentity(request);
            var facts = await LookAtAsync(keyId, seen.KeyPrincipal);
            CmkPreconditions.Require(seen, facts, Journal.Now);
            await RequireOldKeyAsync(seen.Settings.Encryption, facts?.Key, seen.KeyPrincipal);
            Journal.Enter(jobId, JobTasks.Announce);
            await UpdateAsync(_ =>
            {
                var vault = Vault;
                if (vault.JobOf(request.OperationId) is not null)
                    return vault;
                var next = vault
                    .UseIdentity(request)
                    .AssignKey(keyId, request.KeyVaultSubscriptionId, facts, seen, Journal.Now)
                    .Remember(request.OperationId, jobId);
                // The same version again is done at once; a pass under way towards it keeps its own job.
                var isNew = next.Settings.Encryption.Current.Generation != vault.Settings.Encryption.Current.Generation;
                next = isNew ? next with { RotationJobId = jobId } : next;
                // With items in the vault the job ends when the last of them is re-wrapped.
                if (isNew && next.Settings.Encryption.Previous is not null)
                    return next;
                note = KeyNoteOf(jobId, vault.Settings.Encryption.Current.KeyId, next);
                return next.Owe(note);
            });
        }
        catch (Exception e) when (Refusals.Find(e) is not null)
        {
            // What went wrong first is what the caller must hear. Or nothing did: a write of unclear outcome may have happened.
            await Journal.BestEffortAsync(() => UpdateAsync(_ => Vault.JobOf(request.OperationId) is null ? Vault.FailKeyUpdate() : Vault));
            if (_cell.Current?.JobOf(request.OperationId) is null)
                throw;
        }
        return note;
    }

    private Task EnsureRotationAsync() => GrainFactory.GetGrain<IRotationSchedule>(this.GetPrimaryKeyString()).EnsureAsync();

    /// <summary>R38: items wrapped by the old key must be unwrapped by it once more; if it refuses, nothing may change.</summary>
    private async Task RequireOldKeyAsync(EncryptionSettings old, KeyVaultKey? newKey, string? principal) =>
        RequireUnwraps(old.Current.KeyId, await LookAtOldKeyAsync(old, newKey, principal));

    private static void RequireUnwraps(string keyId, KeyFacts? facts)
    {
        if (KeyVaultRefusals.OfUnwrapping(facts) is { } fault)
            throw KeyVaultRefusals.ToVaultException(fault, $"The key in force, {keyId}, must unwrap the data keys once more");
    }

    /// <summary>Null when nothing is to be unwrapped by it, or without an identity to look with.</summary>
    private async Task<KeyFacts?> LookAtOldKeyAsync(EncryptionSettings old, KeyVaultKey? newKey, string? principal) =>
        Vault.Roster.IsEmpty || KeyVersions.IsPlatform(old.Current.KeyId) || newKey?.Properties.Id.ToString() == old.Current.KeyId
            ? null
            : await LookAtAsync(KeyId.Parse(old.Current.KeyId), principal);

    private Task EndKeyJobAsync(Guid jobId, string oldKeyId) =>
        Journal.EndAsync(VaultId, jobId, LogOperation, JobEnd.Completed(Journal.Now, KeyNoteOf(jobId, oldKeyId, Vault).Details));

    /// <summary>The end of a job that changed the key.</summary>
    private OwedNote KeyNoteOf(Guid jobId, string oldKeyId, VaultRecord changed) =>
        NoteOf(
            LogOperation,
            jobId,
            new("oldKeyId", oldKeyId),
            new("newKeyId", changed.Settings.Encryption.Current.KeyId),
            new("keyUri", changed.Settings.Encryption.KeyUri ?? "")
        ) with
        {
            EndsJob = true,
        };

    public Task<EncryptionSummary> GetEncryptionAsync() => Task.FromResult(Vault.ToEncryptionSummary());

    public async Task<IReadOnlyList<ChecklistEntry>> GetChecklistAsync(string? keyUri)
    {
        var uri = keyUri ?? Vault.Settings.Encryption.KeyUri;
        KeyId? keyId = null;
        if (uri is not null && !KeyId.TryParse(uri, out keyId))
            throw new VaultException(ErrorCodes.UserErrorCMKInvalidKeyUri, $"'{uri}' is not a key URI.");
        return [.. CmkPreconditions.Check(Vault, keyId is null ? null : await LookAtAsync(keyId, Vault.KeyPrincipal), Journal.Now)];
    }

    public async Task<IReadOnlyList<KeyVersionUse>> ListKeyVersionsAsync()
    {
        // "Safe" must never be said too early: not from what this activation remembers.
        await _cell.ReadAsync();
        var needs = KeyNeeds.Of(Vault.Settings.Encryption, await _parts.Census.TakeAsync(VaultId, Vault.Roster));
        var states = await KeyStates.ReadAsync(needs.Select(n => n.KeyId), id => OpenKeyVault(id, Vault.KeyPrincipal), Journal.Now);
        return
        [
            .. KeyNeeds
                .Shorten(needs)
                .Select(n => new KeyVersionUse(KeyVersions.Bare(n.KeyId), n.KeyId, states[n.KeyId], n.NeededBy, n.SafeToDisable)),
        ];
    }

    /// <summary>Null without an identity to look with.</summary>
    private async Task<KeyFacts?> LookAtAsync(KeyId keyId, string? principal) =>
        OpenKeyVault(keyId, principal) is { } keyVault ? await KeyFacts.GatherAsync(keyVault, keyId) : null;

    private IKeyVault? OpenKeyVault(KeyId keyId, string? principal) => principal is null ? null : _parts.KeyVaults.Open(keyId, principal);
}
