using RecoveryVault.Jobs;
using RecoveryVault.Vaults;

namespace RecoveryVault.Keys;

/// <summary>What items and rotation need to know of their vault's key, as of one moment.</summary>
[GenerateSerializer, Immutable, Alias("rv.VaultKeyContext")]
public sealed record VaultKeyContext
{
    [Id(0)]
    public required VaultId VaultId { get; init; }

    [Id(1)]
    public required string VaultName { get; init; }

    /// <summary>The key URI as assigned; null with platform-managed keys.</summary>
    [Id(2)]
    public required string? KeyUri { get; init; }

    /// <summary>The generation in force.</summary>
    [Id(3)]
    public required long Generation { get; init; }

    /// <summary>The full key id in force.</summary>
    [Id(4)]
    public required string KeyId { get; init; }

    [Id(5)]
    public required string KeyThumbprint { get; init; }

    /// <summary>The full key id a pass under way replaces; null when none is.</summary>
    [Id(6)]
    public required string? PreviousKeyId { get; init; }

    /// <summary>The principal that opens the key vault; null without identity.</summary>
    [Id(7)]
    public required string? PrincipalId { get; init; }

    [Id(8)]
    public required DateTimeOffset? LastPolledAt { get; init; }

    /// <summary>The job of the rotation under way.</summary>
    [Id(9)]
    public required Guid? RotationJobId { get; init; }

    /// <summary>Since when the key vault denies the key, as far as the vault has heard; null: it does not.</summary>
    [Id(10)]
    public DateTimeOffset? KeyDeniedAt { get; init; }

    /// <summary>Since when the version in force is; null: not told.</summary>
    [Id(11)]
    public DateTimeOffset? KeySince { get; init; }

    /// <summary>The warning about the version in force, when it expires before long; null otherwise.</summary>
    [Id(12)]
    public JobError? ExpiryWarning { get; init; }

    /// <summary>The vault is deleted with everything in it: nothing of it is read or written.</summary>
    [Id(13)]
    public bool IsDeleted { get; init; }

    /// <summary>Why there is no principal though there is an identity: the vault was moved to another tenant; null otherwise.</summary>
    [Id(14)]
    public JobError? ForeignIdentity { get; init; }

    /// <summary>Everything is sealed a second time under the platform keyring.</summary>
    [Id(15)]
    public bool InfrastructureEncryption { get; init; }

    public bool FollowsRotation => KeyUri is not null && Keys.KeyId.TryParse(KeyUri, out var keyId) && keyId.Version is null;
}
