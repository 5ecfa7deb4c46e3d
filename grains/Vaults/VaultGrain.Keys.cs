using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Rotation;

namespace RecoveryVault.Vaults;

public sealed partial class VaultGrain
{
    private static readonly TimeSpan WakePeriod = TimeSpan.FromMinutes(1);

    /// <summary>Longer than three rounds in which items with sessions look.</summary>
    private static readonly TimeSpan DenialStands = TimeSpan.FromSeconds(50);

    private DateTimeOffset? _keyDeniedAt;

    private DateTimeOffset _wokenAt = DateTimeOffset.MinValue;

    /// <summary>
    /// No call is answered from a record that may be stale after a failed write, or that is not authentic. And the overdue detector:
    /// whoever calls a vault also makes sure that its rotation has not gone to sleep. The call does not wait for it.
    /// </summary>
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        await _cell.RefreshAsync();
        await RequireLiveAsync(context);
        await RefusedAttempts.InvokeAsync(context, Journal, () => _cell.Current is { Settings.Deleted: false } ? VaultId : null);
        var mayWake =
            context.InterfaceMethod.DeclaringType == typeof(IVaultGrain) && context.InterfaceMethod.Name != nameof(DryRunEncryptionAsync);
        if (mayWake)
            await WakeCheckAsync();
        if (!mayWake || !IsOverdue(Journal.Now))
            return;
        _wokenAt = Journal.Now;
        await EnsureRotationAsync();
    }

    private bool IsOverdue(DateTimeOffset now) =>
        _cell.Current is { Settings.Deleted: false, MustBeWatched: true } vault
        && PollRules.IsDue(vault.LastPolledAt, now)
        && (now - _wokenAt).Duration() >= WakePeriod;

    public Task<VaultKeyContext> GetKeyContextAsync()
    {
        var vault = Vault;
        var encryption = vault.Settings.Encryption;
        return Task.FromResult(
            new VaultKeyContext
            {
                VaultId = VaultId,
                VaultName = vault.Settings.Name,
                KeyUri = encryption.KeyUri,
                Generation = encryption.Current.Generation,
                KeyId = encryption.Current.KeyId,
                KeyThumbprint = encryption.Current.Thumbprint,
                PreviousKeyId = encryption.Previous?.KeyId,
                PrincipalId = vault.KeyPrincipal,
                LastPolledAt = vault.LastPolledAt,
                RotationJobId = vault.RotationJobId,
                KeySince = encryption.Current.Since,
                InfrastructureEncryption = encryption.InfrastructureEncryption,
                KeyDeniedAt = encryption.IsCustomerManaged ? _keyDeniedAt : null,
                ExpiryWarning = ExpiryWarningOf(vault),
                IsDeleted = vault.IsSoftDeleted,
                ForeignIdentity =
                    vault.IsIdentityForeign && vault.ForeignIdentity() is var foreign
                        ? new JobError(foreign.Code, foreign.Message, foreign.Recommendation)
                        : null,
            }
        );
    }

    public async Task<VaultKeyContext> GetKeyContextSinceAsync(long generation)
    {
        if (Vault.Settings.Encryption.Current.Generation < generation)
            await _cell.ReadAsync();
        return await GetKeyContextAsync();
    }

    public Task NoteKeyAnswerAsync(bool isDenied)
    {
        if (isDenied)
            _keyDeniedAt = Journal.Now;
        // An agreement may be about another version than the denial: it stands until everybody has asked for himself.
        else if (_keyDeniedAt is { } since && (Journal.Now - since).Duration() >= DenialStands)
            _keyDeniedAt = null;
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<ItemId>> GetRosterAsync() => _parts.Census.ListItemsAsync(VaultId, Vault.Roster);

    public async Task<IReadOnlyList<ItemId>> ListLeftoversAsync()
    {
        var encryption = Vault.Settings.Encryption;
        if (encryption.Previous is not null)
            return [];
        var uses = await _parts.Census.TakeAsync(VaultId, Vault.Roster);
        return [.. uses.Where(use => use.KeyIds.Any(keyId => keyId != encryption.Current.KeyId)).Select(use => use.ItemId)];
    }

    /// <summary>Comes again and again, so that what is still owed is paid.</summary>
    public async Task NotePollAsync()
    {
        await SettleAsync();
        await UpdateAsync(_ => Vault with { LastPolledAt = Journal.Now });
    }

    public async Task<VaultKeyContext> AnnounceAsync(long fromGeneration, string keyId, string keyThumbprint)
    {
        if (!Vault.MayFollow(fromGeneration, keyId))
            return await GetKeyContextAsync();
        var old = Vault.Settings.Encryption;
        // A target that is replaced goes on under the job of its pass.
        var jobId = old.Previous is null
            ? await Journal.StartAsync(VaultId, JobOperations.UpdateCustomerManagedKey, itemName: null)
            : Guid.Empty;
        if (jobId == Guid.Empty)
            await AnnounceAsync(fromGeneration, keyId, keyThumbprint, Vault.RotationJobId);
        else
            await Journal.FailOnRefusalAsync(
                VaultId,
                jobId,
                LogOperation,
                async () =>
                {
                    Journal.Enter(jobId, JobTasks.Announce);
                    await AnnounceAsync(fromGeneration, keyId, keyThumbprint, jobId);
                    Journal.Enter(jobId, JobTasks.RewrapItems);
                    // Another activation announced first: its job is the rotation's, and this one did nothing.
                    if (Vault.RotationJobId != jobId)
                        await Journal.EndAsync(
                            VaultId,
                            jobId,
                            LogOperation,
                            JobEnd.Completed(Journal.Now) with
                            {
                                Status = JobStatus.Cancelled,
                            }
                        );
                    return true;
                }
            );
        return await GetKeyContextAsync();
    }

    /// <summary>Without items the announcement is all, and owes the end of its job and its entry at once.</summary>
    private async Task AnnounceAsync(long fromGeneration, string keyId, string keyThumbprint, Guid? jobId)
    {
        OwedNote? note = null;
        await UpdateAsync(_ =>
        {
            var vault = Vault;
            if (!vault.MayFollow(fromGeneration, keyId))
                return vault;
            var next = vault.Follow(keyId, keyThumbprint, Journal.Now) with { RotationJobId = jobId, LastPolledAt = Journal.Now };
            if (next.Settings.Encryption.Previous is not null || jobId is not { } id)
                return next;
            note = KeyNoteOf(id, vault.Settings.Encryption.Current.KeyId, next);
            return next.Owe(note);
        });
        await SettleAsync(note);
    }

    public async Task<VaultKeyContext> EnsureRotationJobAsync()
    {
        var stands = Vault.RotationJobId is { } jobId && await Journal.StandsAsync(VaultId, jobId);
        if (!stands && Vault.Settings.Encryption.Previous is not null)
        {
            var operation = Vault.Settings.Encryption.IsCustomerManaged
                ? JobOperations.UpdateCustomerManagedKey
                : JobOperations.RotatePlatformKey;
            var renewed = await Journal.StartAsync(VaultId, operation, itemName: null);
            Journal.Enter(renewed, JobTasks.RewrapItems);
            await UpdateAsync(_ => Vault with { RotationJobId = renewed });
        }
        return await GetKeyContextAsync();
    }

    public Task<JobProgress?> FindProgressAsync(Guid jobId) => Task.FromResult(Journal.Running.Find(jobId)?.Look());

    public Task NotePassAsync(int done, int total)
    {
        NoteRewrapped(done, total);
        return Task.CompletedTask;
    }

    private void NoteRewrapped(int done, int total)
    {
        if (_cell.Current?.RotationJobId is { } jobId)
            Journal.Running.Find(jobId)?.Report(done, 0, itemsTotal: total);
    }

    public async Task<RemainingItems> TryFinishAsync(long generation)
    {
        // The caller knows of a later announcement: another activation made it.
        if (Vault.Settings.Encryption.Current.Generation < generation)
            await _cell.ReadAsync();
        var encryption = Vault.Settings.Encryption;
        if (encryption.Previous is null)
            return RemainingItems.None;
        var uses = await _parts.Census.TakeAsync(VaultId, Vault.Roster);
        var remaining = RotationPass.Remaining(uses, encryption);
        NoteRewrapped(uses.Count - remaining.Count, uses.Count);
        if (remaining.Count > 0 || encryption.Current.Generation != generation)
            return RemainingItems.Of(remaining, encryption.Current);
        await FinishAsync(generation);
        return RemainingItems.None;
    }

    /// <summary>The end of the pass owes the end of its job and its entry in the same write, so that each is written, and once.</summary>
    private async Task FinishAsync(long generation)
    {
        if (Vault.RotationJobId is { } rotationJobId)
            Journal.Enter(rotationJobId, JobTasks.Finish);
        await SettleAsync();
        OwedNote? note = null;
        await UpdateAsync(_ =>
        {
            var (vault, next) = (Vault, Vault.FinishRotation(generation));
            if (ReferenceEquals(next, vault) || vault is not { RotationJobId: { } jobId, Settings.Encryption.Previous: { } previous })
                return next;
            note = KeyNoteOf(jobId, previous.KeyId, next);
            return next.Owe(note);
        });
        await SettleAsync(note);
    }
}
