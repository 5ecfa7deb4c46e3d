using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Rotation;

namespace RecoveryVault.Items;

public sealed partial class ProtectedItemGrain
{
    public async Task ProtectAsync(VaultKeyContext keys, string itemName, ItemSource source)
    {
        RequireBounded(source);
        var settings = new ItemSettings
        {
            Name = itemName,
            Source = source,
            State = ProtectionState.Protected,
            CreatedAt = Journal.Now,
        };
        await UpdateAsync(async current =>
        {
            var item = current ?? ItemRecord.Enrolled(Key, keys.Generation);
            if (item.Ring is null)
            {
                var ring = await _parts.Rings.CreateAsync(Key, keys.Generation, KekOf(keys), item.RingSeq + 1);
                item = item.UseRing(ring, await _parts.Rings.WriteAsync(ring));
            }
            return item.Protect(item.Settings is { } known ? settings with { CreatedAt = known.CreatedAt } : settings);
        });
    }

    public async Task RewrapAsync(VaultKeyContext keys)
    {
        await UpdateAsync(async current =>
        {
            // Enrolled, but never completed: the record fences a completion that still believes in the old generation.
            if (current is null)
                return ItemRecord.Enrolled(Key, keys.Generation);
            if (current.KeyGeneration >= keys.Generation)
                return current;
            if (current.Ring is not { } reference)
                return current with { KeyGeneration = keys.Generation };
            var ring = await _parts.Rings.ReadAsync(Key, reference);
            var next = await _parts.Rings.RewrapAsync(ring, keys.Generation, KekOf(keys));
            return current.UseRing(next, await _parts.Rings.WriteAsync(next));
        });
        if (_cell.Current?.Ring is { } inForce)
            await _parts.Rings.DeleteSupersededAsync(Key, inForce);
    }

    /// <summary>The vault's key as of now, looked at within the last hour, with this item's ring wrapped by it.</summary>
    private async Task<VaultKeyContext> RequireCurrentKeyAsync()
    {
        var keys = await Vault.GetKeyContextAsync();
        if (keys.FollowsRotation || keys.PreviousKeyId is not null)
        {
            await GrainFactory.GetGrain<IRotationSchedule>(Key.VaultId.ToString()).EnsurePolledAsync();
            keys = await Vault.GetKeyContextAsync();
        }
        if (Item.KeyGeneration < keys.Generation)
            await RewrapAsync(keys);
        return keys;
    }

    /// <summary>A new backup needs a key that still wraps: an expired one goes on unwrapping, so only asking tells.</summary>
    private async Task RequireWrappingKeyAsync(VaultKeyContext keys)
    {
        if (KeyVersions.IsPlatform(keys.KeyId))
            return;
        var keyId = KeyId.Parse(keys.KeyId);
        await _parts.KeyVaults.Open(keyId, PrincipalOf(keys)).WrapKeyAsync(keyId, new byte[32]);
    }

    private async Task<ItemSecrets> OpenSecretsAsync(VaultKeyContext keys)
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
                return await _parts.Rings.OpenAsync(await _parts.Rings.ReadAsync(Key, reference), PrincipalOf(keys));
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

    private static KeyEncryptionKey KekOf(VaultKeyContext keys) =>
        new(keys.KeyId, keys.KeyThumbprint, KeyVersions.IsPlatform(keys.KeyId) ? "" : PrincipalOf(keys));

    private static string PrincipalOf(VaultKeyContext keys) =>
        keys.PrincipalId
        ?? (
            KeyVersions.IsPlatform(keys.KeyId)
                ? ""
                : throw new VaultException(
                    ErrorCodes.UserErrorCMKVaultIdentityMissing,
                    $"Vault '{keys.VaultName}' has no managed identity."
                )
        );

    private static void RequireBounded(ItemSource source)
    {
        var texts = source.Excludes.Append(source.Path).Append(source.Host).ToList();
        if (
            source.Excludes.Count > ItemSource.MaxExcludes
            || texts.Any(t => t.Length > ItemSource.MaxTextLength)
            || texts.Sum(t => t.Length) > ItemSource.MaxTotalLength
        )
        {
            throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"A source has at most {ItemSource.MaxExcludes} excludes of at most {ItemSource.MaxTextLength} characters, {ItemSource.MaxTotalLength} with its path in all."
            );
        }
    }
}
