using RecoveryVault.Alerts;
using RecoveryVault.Errors;
using RecoveryVault.Keys;

namespace RecoveryVault.Vaults;

public sealed partial record VaultRecord
{
    /// <summary>
    /// What can be refused without asking the key vault: R13 no way back to platform-managed keys, R42 a malformed key URI, R10 and R11 a
    /// vault somebody tried to protect an item in.
    /// </summary>
    public KeyId RequireKeyChange(UpdateEncryption request)
    {
        var isRemoval = Settings.Encryption.IsCustomerManaged && request.KeyUri is null;
        if (isRemoval || request.EncryptionAtRestType != EncryptionTypes.CustomerManaged)
        {
            throw Settings.Encryption.IsCustomerManaged
                ? new VaultException(
                    ErrorCodes.UserErrorCMKCannotRevertToPMK,
                    $"Vault '{Settings.Name}' has a customer-managed key and keeps having one."
                )
                : Invalid(
                    $"The encryption type can only be set to {EncryptionTypes.CustomerManaged}, got '{request.EncryptionAtRestType}'."
                );
        }
        RequireText(request.KeyVaultSubscriptionId ?? "", "subscription", 0, 64);
        if (!KeyId.TryParse(request.KeyUri, out var keyId))
            throw new VaultException(
                ErrorCodes.UserErrorCMKInvalidKeyUri,
                $"'{request.KeyUri}' is not a key URI: it reads https://HOST/keys/NAME or https://HOST/keys/NAME/VERSION."
            );
        RequireNeverAttempted();
        ChooseInfrastructureEncryption(request.InfrastructureEncryption);
        return keyId;
    }

    /// <summary>
    /// R48: chosen with the first key, when there is nothing in the vault, and never changed: so no vault ever holds both kinds of data.
    /// Null keeps what is in force.
    /// </summary>
    public VaultRecord ChooseInfrastructureEncryption(bool? isWanted)
    {
        var encryption = Settings.Encryption;
        if (isWanted is not { } wanted || wanted == encryption.InfrastructureEncryption)
            return this;
        return encryption.IsCustomerManaged
            ? throw new VaultException(
                ErrorCodes.UserErrorInfrastructureEncryptionImmutable,
                $"Infrastructure encryption of vault '{Settings.Name}' is {StateOf(encryption)} and stays so."
            )
            : this with
            {
                Settings = Settings with { Encryption = encryption with { InfrastructureEncryption = wanted } },
            };
    }

    private static string StateOf(EncryptionSettings encryption) => encryption.InfrastructureEncryption ? "Enabled" : "Disabled";

    /// <summary>R10, R11: once somebody tried to protect an item, a vault with platform-managed keys keeps them.</summary>
    public void RequireNeverAttempted()
    {
        if (Settings.Encryption.IsCustomerManaged)
            return;
        if (!Roster.IsEmpty)
            throw new VaultException(
                ErrorCodes.UserErrorCMKVaultHasProtectedItems,
                $"Vault '{Settings.Name}' has {Roster.Length} protected item(s), so its keys stay platform-managed."
            );
        if (Settings.FirstAttempt is { } attempt)
            throw new VaultException(
                ErrorCodes.UserErrorCMKProtectionAttempted,
                $"Somebody tried to protect an item in vault '{Settings.Name}' on {attempt.At:u}, so its keys stay platform-managed."
            );
    }

    /// <summary>
    /// R40 to R47: puts a checked key version in force. The same version again changes nothing but the URI's form. The preconditions are
    /// asked of this very record once more: between the look at the key and this write somebody may have tried to protect an item.
    /// </summary>
    /// <param name="facts">What the look at the key found.</param>
    /// <param name="seen">The record as it was at that look.</param>
    public VaultRecord AssignKey(KeyId keyId, string? subscriptionId, KeyFacts? facts, VaultRecord seen, DateTimeOffset now)
    {
        CmkPreconditions.Require(this, facts, now);
        if (facts?.Key is not { } key)
            throw new VaultException(ErrorCodes.UserErrorCMKKeyVaultAuthFailure, $"{keyId} could not be read.");
        var isAsSeen =
            KeyPrincipal == seen.KeyPrincipal && Settings.Encryption.Current.Generation == seen.Settings.Encryption.Current.Generation;
        if (!isAsSeen)
            throw new VaultException(
                ErrorCodes.ConcurrentChange,
                $"Identity or key of vault '{Settings.Name}' changed while the new key was looked at."
            );
        var assigned = Settings.Encryption with
        {
            KeyUri = keyId.ToString(),
            KeyVaultSubscriptionId = subscriptionId,
            LastUpdateStatus = UpdateStatuses.Succeeded,
        };
        var health = KeyHealth.Proven(Health, key.Properties.Id.ToString(), key.Properties.ExpiresOn, now);
        var next = this with { Settings = Settings with { Encryption = assigned }, LastPolledAt = now, Health = health };
        return next.Announce(key.Properties.Id.ToString(), key.PublicKeyThumbprint, now);
    }

    /// <summary>Announce: the new version is in force from now on; with items in the vault the pass through them follows.</summary>
    public VaultRecord Announce(string keyId, string thumbprint, DateTimeOffset now)
    {
        var old = Settings.Encryption;
        if (old.Current.KeyId == keyId)
            return this;
        if (old.Previous is { } previous)
            throw new VaultException(
                ErrorCodes.RotationBlocked,
                $"Vault '{Settings.Name}' is still leaving version {KeyVersions.Bare(previous.KeyId)}: one rotation at a time."
            );
        var use = new KeyUse(old.Current.Generation + 1, keyId, thumbprint, now);
        var encryption = old with
        {
            Current = use,
            Previous = Roster.IsEmpty ? null : old.Current,
            History = [.. old.History.TakeLast(EncryptionSettings.MaxHistory - 1), use],
        };
        return this with { Settings = Settings with { Encryption = encryption } };
    }

    /// <summary>
    /// True when a newer version found at <paramref name="generation"/> may still be announced: since then nobody has changed the key or
    /// pinned it.
    /// </summary>
    public bool MayFollow(long generation, string keyId) =>
        Settings.Encryption.Current.Generation == generation
        && FollowsRotation
        && KeyId.Parse(keyId).Versionless.ToString() == KeyId.Parse(Settings.Encryption.KeyUri ?? "").ToString();

    /// <summary>
    /// Announces a newer version of the key that is followed; while a pass is under way, in place of a target that is of no use any more.
    /// </summary>
    public VaultRecord Follow(string keyId, string thumbprint, DateTimeOffset now)
    {
        var idle = this with { Settings = Settings with { Encryption = Settings.Encryption with { Previous = null } } };
        var next = idle.Announce(keyId, thumbprint, now);
        var previous = Settings.Encryption.Previous ?? next.Settings.Encryption.Previous;
        return next with { Settings = next.Settings with { Encryption = next.Settings.Encryption with { Previous = previous } } };
    }

    /// <summary>Announces another key of the platform keyring; nothing in a vault with a customer-managed key.</summary>
    public VaultRecord UsePlatformKey(string keyId, DateTimeOffset now) =>
        Settings.Encryption.IsCustomerManaged || Settings.Encryption.Current.KeyId == keyId ? this : Follow(keyId, "", now);

    /// <summary>
    /// Finish: no item needs an older version any more. What was seen of another generation's pass says nothing about this one's.
    /// </summary>
    public VaultRecord FinishRotation(long generation) =>
        Settings.Encryption.Current.Generation != generation || Settings.Encryption.Previous is null
            ? this
            : this with
            {
                Settings = Settings with { Encryption = Settings.Encryption with { Previous = null } },
            };

    /// <summary>R46: a refused assignment changes nothing but this status.</summary>
    public VaultRecord FailKeyUpdate() =>
        Settings.Encryption.LastUpdateStatus == UpdateStatuses.Failed
            ? this
            : this with
            {
                Settings = Settings with { Encryption = Settings.Encryption with { LastUpdateStatus = UpdateStatuses.Failed } },
            };

    public EncryptionSummary ToEncryptionSummary(Guid? jobId = null)
    {
        var encryption = Settings.Encryption;
        return new EncryptionSummary
        {
            EncryptionAtRestType = encryption.IsCustomerManaged ? EncryptionTypes.CustomerManaged : EncryptionTypes.MicrosoftManaged,
            KeyUri = encryption.KeyUri,
            KeyVersion = encryption.IsCustomerManaged ? KeyVersions.Bare(encryption.Current.KeyId) : null,
            SubscriptionId = encryption.KeyVaultSubscriptionId,
            Identity = encryption.IsCustomerManaged ? encryption.UserIdentityId ?? IdentityTypes.SystemAssigned : null,
            LastUpdateStatus = encryption.LastUpdateStatus,
            InfrastructureEncryptionState = StateOf(encryption),
            AutoRotation = FollowsRotation,
            JobId = jobId,
            LastPolledAt = LastPolledAt,
            PreviousKeyVersion = encryption.Previous is { } previous ? KeyVersions.Bare(previous.KeyId) : null,
        };
    }

    /// <summary>True while somebody must look again by himself: at the key for newer versions, or at the pass under way.</summary>
    public bool MustBeWatched => FollowsRotation || Settings.Encryption.Previous is not null;

    /// <summary>R41: a URI without a version follows the key's rotation.</summary>
    public bool FollowsRotation => KeyId.TryParse(Settings.Encryption.KeyUri, out var keyId) && keyId.Version is null;
}
