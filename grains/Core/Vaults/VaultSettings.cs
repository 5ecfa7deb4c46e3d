using System.Collections.Immutable;
using RecoveryVault.Records;
using RecoveryVault.Retention;

namespace RecoveryVault.Vaults;

/// <summary>Everything about a vault that must survive the loss of its record; each change is also written as a descriptor.</summary>
public sealed record VaultSettings : Evolving
{
    public required string Name { get; init; }

    public required string Location { get; init; }

    public string ResourceGroup { get; init; } = "";

    public string SubscriptionId { get; init; } = "";

    public ImmutableSortedDictionary<string, string> Tags { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public required DateTimeOffset CreatedAt { get; init; }

    public required string TenantId { get; init; }

    /// <summary>The system-assigned identity's object id; null when it is off. Switching it on again gives a new one.</summary>
    public string? SystemPrincipalId { get; init; }

    /// <summary>The tenant that identity was made in; null: the vault's.</summary>
    public string? SystemTenantId { get; init; }

    /// <summary>The tenant the vault was made in; null: it has never left it.</summary>
    public string? HomeTenantId { get; init; }

    /// <summary>The user-assigned identities, at most <see cref="VaultRecord.MaxUserIdentities"/>.</summary>
    public ImmutableArray<UserIdentity> UserIdentities
    {
        get;
        init => field = RecordJson.ListOf(value);
    } = [];

    /// <summary>Private endpoints, in order of their names.</summary>
    public ImmutableArray<string> PrivateEndpoints
    {
        get;
        init => field = RecordJson.ListOf(value);
    } = [];

    public required EncryptionSettings Encryption { get; init; }

    /// <summary>The first attempt to protect an item; never removed.</summary>
    public ProtectionAttempt? FirstAttempt { get; init; }

    /// <summary>Retention policies, in order of their names.</summary>
    public ImmutableArray<RetentionPolicy> Policies
    {
        get;
        init => field = RecordJson.ListOf(value);
    } = [];

    /// <summary>For how long deletions can be taken back; null: <see cref="SoftDeletePeriod.Default"/>.</summary>
    public SoftDeletePeriod? SoftDelete { get; init; }

    /// <summary>Its deletion with everything in it; null when there is none.</summary>
    public VaultDeletion? Deletion { get; init; }

    /// <summary>Such a deletion needs somebody else's approval.</summary>
    public bool SecondApproval { get; init; }

    /// <summary>What there was to destroy; null before.</summary>
    public RecordRef? Proof { get; init; }

    public bool Deleted { get; init; }
}

/// <summary>When and by what operation somebody first tried to protect an item.</summary>
public sealed record ProtectionAttempt(DateTimeOffset At, Guid OperationId);

/// <summary>Which key encryption key wraps the vault's data keys.</summary>
public sealed record EncryptionSettings : Evolving
{
    /// <summary>The URI as assigned; null with platform-managed keys.</summary>
    public string? KeyUri { get; init; }

    public string? KeyVaultSubscriptionId { get; init; }

    /// <summary>The user-assigned identity that opens the key; null: the system-assigned one.</summary>
    public string? UserIdentityId { get; init; }

    /// <summary>The version in force: new wraps use it from the moment it stands here.</summary>
    public required KeyUse Current { get; init; }

    /// <summary>What the pass under way replaces; null when every item is wrapped by <see cref="Current"/>.</summary>
    public KeyUse? Previous { get; init; }

    /// <summary>Every version ever in force, oldest first, the newest <see cref="MaxHistory"/> of them.</summary>
    public ImmutableArray<KeyUse> History
    {
        get;
        init => field = RecordJson.ListOf(value);
    } = [];

    public string LastUpdateStatus { get; init; } = UpdateStatuses.NotEnabled;

    public bool InfrastructureEncryption { get; init; }

    public bool IsCustomerManaged => KeyUri is not null;

    /// <summary>Bounds the record; older ones remain in the activity log.</summary>
    public const int MaxHistory = 128;
}

/// <summary>
/// A key version in force from a time on. The generation grows with every change and is what rotation compares: versions have no order.
/// </summary>
/// <param name="KeyId">The full key id; <c>platform:N</c> for a key of the platform keyring.</param>
/// <param name="Thumbprint">SHA-256 of the public key (hex); empty for the platform keyring.</param>
public sealed record KeyUse(long Generation, string KeyId, string Thumbprint, DateTimeOffset Since) : Evolving;

/// <summary>Azure's names for how the last update of the encryption settings ended.</summary>
public static class UpdateStatuses
{
    public const string NotEnabled = nameof(NotEnabled);
    public const string Succeeded = nameof(Succeeded);
    public const string Failed = nameof(Failed);
}
