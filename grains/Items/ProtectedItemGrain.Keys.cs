using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Traffic;
using RecoveryVault.Rotation;

namespace RecoveryVault.Items;

public sealed partial class ProtectedItemGrain
{
    public async Task ProtectAsync(VaultKeyContext keys, string itemName, ItemSource source, Guid jobId)
    {
        source.RequireBounded();
        await SettleAsync();
        var settings = new ItemSettings
        {
            Name = itemName,
            Source = source,
            State = ProtectionState.Protected,
            CreatedAt = Journal.Now,
        };
        // While it was stopped everything was kept: that ends no sooner than any other retention.
        var former = _cell.Current?.Settings is { Policy: not null, State: not ProtectionState.Protected } stopped
            ? await FormerOfAsync(stopped, stopped.Policy)
            : _cell.Current?.Settings?.Former;
        var note = NoteOf("ProtectItem", itemName, jobId, new("source", source.Path), new("host", source.Host));
        await UpdateAsync(async current =>
        {
            var item = current ?? ItemRecord.Enrolled(Key, keys.Generation);
            if (item.Ring is null)
                item = await WithKeysAsync(item, keys);
            return item.Protect(
                    item.Settings is { } known
                        ? known with
                        {
                            Name = settings.Name,
                            Source = settings.Source,
                            State = settings.State,
                            Former = former,
                        }
                        : settings
                )
                .Owe(note);
        });
        await ClearRingsAsync();
    }

    /// <summary>
    /// The first ring. A rotation may have come by since the vault said which key is in force: then the vault is asked once more, and
    /// nothing is wrapped by a version that is being left.
    /// </summary>
    private async Task<ItemRecord> WithKeysAsync(ItemRecord item, VaultKeyContext keys)
    {
        if (item.KeyGeneration > keys.Generation)
            keys = await Vault.GetKeyContextSinceAsync(item.KeyGeneration);
        item.RequireGeneration(keys.Generation);
        await RequireNoHistoryAsync();
        try
        {
            var ring = await _parts.Rings.CreateAsync(Key, keys.Generation, KekOf(keys), item.RingSeq + 1, keys.InfrastructureEncryption);
            return item.UseRing(ring, await _parts.Rings.WriteAsync(ring));
        }
        catch (KeyVaultException e)
        {
            await HeedDenialAsync(e);
            throw;
        }
    }

    /// <summary>Asked by the rotation's pass: that can wait for jobs.</summary>
    public Task RewrapAsync(VaultKeyContext keys) => CallPriority.YieldAsync(() => RewrapNowAsync(keys));

    private async Task RewrapNowAsync(VaultKeyContext keys)
    {
        await OnNamedRingAsync(() => RewrapOnceAsync(keys));
        await ClearRingsAsync();
    }

    private Task<ItemRecord> RewrapOnceAsync(VaultKeyContext keys) =>
        UpdateAsync(async current =>
        {
            var step = RotationPass.StepFor(current, keys.Generation);
            if (step is PassStep.Create or PassStep.Raise)
            {
                await RequireNoHistoryAsync();
                return RotationPass.Fence(Key, current, keys.Generation);
            }
            if (step is PassStep.None || current is not { Ring: { } reference })
                return current ?? ItemRecord.Enrolled(Key, keys.Generation);
            var ring = await _parts.Rings.ReadAsync(Key, reference);
            var next = await _parts.Rings.RewrapAsync(ring, keys.Generation, KekOf(keys));
            return current.UseRing(next, await _parts.Rings.WriteAsync(next));
        });

    /// <summary>What no record can ever name again keeps no key version alive.</summary>
    private async Task ClearRingsAsync()
    {
        if (_cell.Current is { Ring: { } inForce })
            await _parts.Rings.DeleteSupersededAsync(Key, inForce);
        else if (_cell.Current is { } record && !await HasHistoryAsync())
            await _parts.Rings.DeleteUnnamedAsync(Key, record.KeyGeneration);
    }

    /// <summary>
    /// Recovery points without a record that names their keys: the record was lost. Whoever went on as if there were nothing would clear
    /// the keys away.
    /// </summary>
    private async Task<bool> HasHistoryAsync() =>
        (await _parts.Store.ListAsync($"{ItemBlobs.Heads(Key.ItemId)}/", maxCount: 1)).Items.Count > 0;

    private async Task RequireNoHistoryAsync()
    {
        if (await HasHistoryAsync())
            throw new VaultException(
                ErrorCodes.DataMissing,
                $"The record of item {Key.ItemId} is missing, and its recovery points are there.",
                "Stop whatever serves the store and run 'rvault store rebuild'."
            );
    }

    /// <summary>
    /// Runs what opens the ring that the record in memory names. Another activation may have put a newer one in force, and the key version
    /// of the old one may be disabled since: a failure counts only when storage still names that ring. A denial that counts takes the
    /// item's unwrapped keys out of this silo's memory at once.
    /// </summary>
    private async Task<T> OnNamedRingAsync<T>(Func<Task<T>> use)
    {
        var named = _cell.Current?.Ring;
        try
        {
            return await use();
        }
        catch (Exception e) when (e is VaultException or KeyVaultException { Verdict: not KeyVaultVerdict.Unreachable })
        {
            await _cell.ReadAsync();
            if (_cell.Current?.Ring == named)
            {
                await HeedDenialAsync(e);
                throw;
            }
        }
        try
        {
            return await use();
        }
        catch (KeyVaultException e)
        {
            await HeedDenialAsync(e);
            throw;
        }
    }

    /// <summary>A denial takes the item's keys out of this silo's memory at once; the vault tells the items that have sessions.</summary>
    private async Task HeedDenialAsync(Exception e)
    {
        if (e is not KeyVaultException { Verdict: KeyVaultVerdict.Denied })
            return;
        _parts.Deks.Evict(Key);
        await Journal.BestEffortAsync(() => Vault.NoteKeyAnswerAsync(isDenied: true));
    }

    /// <summary>The vault's key as of now, looked at within the last hour, with this item's ring wrapped by it.</summary>
    private async Task<VaultKeyContext> RequireCurrentKeyAsync()
    {
        var keys = await Vault.GetKeyContextAsync();
        RequireLive(keys);
        if (keys.FollowsRotation || keys.PreviousKeyId is not null)
        {
            await GrainFactory.GetGrain<IRotationSchedule>(Key.VaultId.ToString()).EnsurePolledAsync();
            keys = await Vault.GetKeyContextAsync();
        }
        // A second activation of the vault may not have heard of a rotation that this item has been through.
        if (Item.KeyGeneration > keys.Generation)
            keys = await Vault.GetKeyContextSinceAsync(Item.KeyGeneration);
        if (Item.KeyGeneration < keys.Generation)
            await RewrapNowAsync(keys);
        return keys;
    }

    /// <summary>A new backup needs a key that still wraps: an expired one goes on unwrapping, so only asking tells.</summary>
    private async Task RequireWrappingKeyAsync(VaultKeyContext keys)
    {
        if (KeyVersions.IsPlatform(keys.KeyId))
            return;
        var keyId = KeyId.Parse(keys.KeyId);
        try
        {
            await _parts.KeyVaults.Open(keyId, PrincipalOf(keys)).WrapKeyAsync(keyId, new byte[32]);
        }
        catch (KeyVaultException e)
        {
            await HeedDenialAsync(e);
            throw;
        }
    }

    /// <summary>While a denial stands nothing cached is used: the key vault is asked anew, and the vault hears its agreement.</summary>
    private async Task<ItemSecrets> OpenSecretsAsync(VaultKeyContext keys)
    {
        RequireLive(keys);
        if (keys.KeyDeniedAt is not null)
            _parts.Deks.Evict(Key);
        var secrets = await OnNamedRingAsync(() => OpenSecretsOnceAsync(keys));
        if (keys.KeyDeniedAt is not null)
            await Journal.BestEffortAsync(() => Vault.NoteKeyAnswerAsync(isDenied: false));
        return secrets;
    }

    /// <summary>A vault that is deleted with everything in it comes back as it was: nothing of it is used or changed.</summary>
    private async Task RequireLiveVaultAsync() => RequireLive(await Vault.GetKeyContextAsync());

    private static void RequireLive(VaultKeyContext keys)
    {
        if (keys.IsDeleted)
            throw new VaultException(
                ErrorCodes.VaultSoftDeleted,
                $"Vault '{keys.VaultName}' is deleted with everything in it.",
                $"Bring it back with 'rvault vault undelete --name {keys.VaultName}'."
            );
    }

    private async Task<ItemSecrets> OpenSecretsOnceAsync(VaultKeyContext keys)
    {
        while (true)
        {
            var reference =
                Item.Ring
                ?? throw new VaultException(
                    ErrorCodes.ItemNotFound,
                    $"Item '{Item.RequireSettings().Name}' has no keys: its protection was never completed."
                );
            try
            {
                var ring = await _parts.Rings.ReadAsync(Key, reference);
                RequireSuite(ring, keys);
                return await _parts.Rings.OpenAsync(ring, PrincipalOf(keys));
            }
            catch (VaultException e) when (e.Code == ErrorCodes.DataMissing)
            {
                // Superseded between looking and reading, perhaps by another activation of this grain: then there is a newer one.
                await _cell.ReadAsync();
                if (Item.Ring == reference)
                    throw;
            }
        }
    }

    /// <summary>Vault and ring are both authentic: they can only differ when one of them was taken from somewhere else.</summary>
    private static void RequireSuite(KeyRing ring, VaultKeyContext keys)
    {
        if (ring.HasSecondLayer != keys.InfrastructureEncryption)
            throw new VaultException(
                ErrorCodes.RecordTampered,
                $"The key ring of item {ring.Item.ItemId} and the settings of vault '{keys.VaultName}' differ about infrastructure encryption."
            );
    }

    private static KeyEncryptionKey KekOf(VaultKeyContext keys) =>
        new(keys.KeyId, keys.KeyThumbprint, KeyVersions.IsPlatform(keys.KeyId) ? "" : PrincipalOf(keys));

    private static string PrincipalOf(VaultKeyContext keys) =>
        keys.PrincipalId
        ?? (
            KeyVersions.IsPlatform(keys.KeyId)
                ? ""
                : throw (
                    keys.ForeignIdentity is { } foreign
                        ? new VaultException(foreign.Code, foreign.Message, foreign.Recommendation)
                        : new VaultException(
                            ErrorCodes.UserErrorCMKVaultIdentityMissing,
                            $"Vault '{keys.VaultName}' has no managed identity."
                        )
                )
        );
}
