using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;

namespace RecoveryVault.Vaults;

public sealed partial class VaultGrain
{
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
                PrincipalId = vault.Settings.SystemPrincipalId,
                LastPolledAt = vault.LastPolledAt,
                RotationJobId = vault.RotationJobId,
            }
        );
    }

    public Task<IReadOnlyList<ItemId>> GetRosterAsync() => Task.FromResult<IReadOnlyList<ItemId>>(Vault.Roster);

    public Task NotePollAsync() => UpdateAsync(_ => Vault with { LastPolledAt = Journal.Now });

    public async Task<VaultKeyContext> AnnounceAsync(long fromGeneration, string keyId, string keyThumbprint)
    {
        if (Vault.Settings.Encryption.Current.Generation != fromGeneration)
            return await GetKeyContextAsync();
        var old = Vault.Settings.Encryption.Current;
        var jobId = await Journal.StartAsync(VaultId, JobOperations.UpdateCustomerManagedKey, itemName: null);
        await UpdateAsync(_ =>
            Vault.Announce(keyId, keyThumbprint, Journal.Now) with
            {
                RotationJobId = jobId,
                LastPolledAt = Journal.Now,
            }
        );
        if (Vault.Settings.Encryption.Previous is null)
            await EndKeyJobAsync(jobId, old.KeyId);
        return await GetKeyContextAsync();
    }

    public async Task<VaultKeyContext> EnsureRotationJobAsync()
    {
        var isRunning = Vault.RotationJobId is { } jobId && await Journal.IsRunningAsync(VaultId, jobId);
        if (!isRunning && Vault.Settings.Encryption.Previous is not null)
        {
            var renewed = await Journal.StartAsync(VaultId, JobOperations.UpdateCustomerManagedKey, itemName: null);
            await UpdateAsync(_ => Vault with { RotationJobId = renewed });
        }
        return await GetKeyContextAsync();
    }

    public async Task<int> TryFinishAsync(long generation)
    {
        var encryption = Vault.Settings.Encryption;
        if (encryption.Previous is not { } previous || encryption.Current.Generation != generation)
            return 0;
        var uses = await _parts.Census.TakeAsync(VaultId, Vault.Roster);
        var remaining = uses.Count(u =>
            u.Generation is null || u.Generation < generation || u.KeyIds.Any(k => k != encryption.Current.KeyId)
        );
        if (remaining > 0)
            return remaining;
        await UpdateAsync(_ => Vault.FinishRotation());
        if (Vault.RotationJobId is { } jobId)
            await EndKeyJobAsync(jobId, previous.KeyId);
        return 0;
    }
}
