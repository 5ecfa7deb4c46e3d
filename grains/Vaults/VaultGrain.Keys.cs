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
        await RefusedAttempts.InvokeAsync(context, Journal, () => _cell.Current is { Settings.Deleted: false } ? VaultId : null);
        var mayWake =
            context.InterfaceMethod.DeclaringType == typeof(IVaultGrain) && context.InterfaceMethod.Name != nameof(DryRunEncryptionAsync);
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

    public Task NotePollAsync() => UpdateAsync(_ => Vault with { LastPolledAt = Journal.Now });

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
                    await AnnounceAsync(fromGeneration, keyId, keyThumbprint, jobId);
                    await EndAnnouncementAsync(jobId, old.Current.KeyId);
                    return true;
                }
            );
        return await GetKeyContextAsync();
    }

    private Task<VaultRecord> AnnounceAsync(long fromGeneration, string keyId, string keyThumbprint, Guid? jobId) =>
        UpdateAsync(_ =>
            Vault.MayFollow(fromGeneration, keyId)
                ? Vault.Follow(keyId, keyThumbprint, Journal.Now) with
                {
                    RotationJobId = jobId,
                    LastPolledAt = Journal.Now,
                }
                : Vault
        );

    /// <summary>
    /// Without items the announcement is all; when another activation announced first, its job is the rotation's and this one did nothing.
    /// </summary>
    private async Task EndAnnouncementAsync(Guid jobId, string oldKeyId)
    {
        if (Vault.RotationJobId != jobId)
            await Journal.EndAsync(VaultId, jobId, LogOperation, JobEnd.Completed(Journal.Now) with { Status = JobStatus.Cancelled });
        else if (Vault.Settings.Encryption.Previous is null)
            await EndKeyJobAsync(jobId, oldKeyId);
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
            await UpdateAsync(_ => Vault with { RotationJobId = renewed });
        }
        return await GetKeyContextAsync();
    }

    public async Task<RemainingItems> TryFinishAsync(long generation)
    {
        // The caller knows of a later announcement: another activation made it.
        if (Vault.Settings.Encryption.Current.Generation < generation)
            await _cell.ReadAsync();
        var encryption = Vault.Settings.Encryption;
        if (encryption.Previous is not { } previous)
            return RemainingItems.None;
        var uses = await _parts.Census.TakeAsync(VaultId, Vault.Roster);
        var remaining = RotationPass.Remaining(uses, encryption).Select(use => use.Name).ToList();
        if (remaining.Count > 0 || encryption.Current.Generation != generation)
            return RemainingItems.Of(remaining);
        // The job first: if the process dies between the two, the next one finds a pass with nothing to do and a job that says so.
        if (Vault.RotationJobId is { } jobId)
            await EndKeyJobAsync(jobId, previous.KeyId);
        await UpdateAsync(_ => Vault.FinishRotation(generation));
        return RemainingItems.None;
    }
}
