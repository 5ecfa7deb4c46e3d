using RecoveryVault.Alerts;
using RecoveryVault.Retention;

namespace RecoveryVault.Vaults;

/// <summary>A vault as shown to people.</summary>
[GenerateSerializer, Immutable, Alias("rv.VaultSummary")]
public sealed record VaultSummary
{
    /// <summary>Never reused.</summary>
    [Id(0)]
    public required VaultId VaultId { get; init; }

    /// <summary>As given at creation.</summary>
    [Id(1)]
    public required string Name { get; init; }

    /// <summary>The region as given.</summary>
    [Id(2)]
    public required string Location { get; init; }

    /// <summary>The resource group.</summary>
    [Id(3)]
    public required string ResourceGroup { get; init; }

    /// <summary>The subscription.</summary>
    [Id(4)]
    public required string SubscriptionId { get; init; }

    /// <summary>Tags.</summary>
    [Id(5)]
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>UTC.</summary>
    [Id(6)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The managed identity.</summary>
    [Id(7)]
    public required VaultIdentity Identity { get; init; }

    /// <summary>Encryption settings.</summary>
    [Id(8)]
    public required EncryptionSummary Encryption { get; init; }

    /// <summary>How many items are enrolled.</summary>
    [Id(9)]
    public required int ItemCount { get; init; }

    /// <summary>When somebody first tried to protect an item here; from then on a vault with platform-managed keys keeps them.</summary>
    [Id(10)]
    public required DateTimeOffset? ProtectionAttemptedAt { get; init; }

    /// <summary>The private endpoints it is reached through, by name.</summary>
    [Id(11)]
    public IReadOnlyList<string> PrivateEndpoints { get; init; } = [];

    /// <summary>For how long deletions can be taken back.</summary>
    [Id(12)]
    public SoftDeletePeriod SoftDelete { get; init; } = SoftDeletePeriod.Default;

    /// <summary>Open alerts as of the last look at the key, what matters most first; at most 8.</summary>
    [Id(13)]
    public IReadOnlyList<VaultAlert> Alerts { get; init; } = [];

    /// <summary>Its deletion with everything in it, in force or waiting for an approval; null when there is none.</summary>
    [Id(14)]
    public VaultDeletion? Deletion { get; init; }

    /// <summary>The tenant.</summary>
    [Id(16)]
    public string TenantId { get; init; } = "";

    /// <summary>Whether such a deletion needs somebody else's approval.</summary>
    [Id(15)]
    public bool SecondApproval { get; init; }
}

/// <summary>A vault's managed identity, in Azure's shape.</summary>
[GenerateSerializer, Immutable, Alias("rv.VaultIdentity")]
public sealed record VaultIdentity
{
    /// <summary>See <see cref="IdentityTypes"/>.</summary>
    [Id(0)]
    public required string Type { get; init; }

    /// <summary>The system-assigned identity's object id, a GUID; null without one.</summary>
    [Id(1)]
    public string? PrincipalId { get; init; }

    /// <summary>The tenant it lives in; null without one.</summary>
    [Id(2)]
    public string? TenantId { get; init; }

    /// <summary>The user-assigned identities in the order they were given.</summary>
    [Id(3)]
    public IReadOnlyList<AssignedIdentity> UserAssigned { get; init; } = [];
}

/// <summary>A user-assigned identity of a vault.</summary>
/// <param name="Id">The resource id.</param>
/// <param name="PrincipalId">The object id; empty when only Azure knows it.</param>
/// <param name="ClientId">The application id; empty when only Azure knows it.</param>
[GenerateSerializer, Immutable, Alias("rv.AssignedIdentity")]
public sealed record AssignedIdentity([property: Id(0)] string Id, [property: Id(1)] string PrincipalId, [property: Id(2)] string ClientId);

/// <summary>Values of <see cref="VaultIdentity.Type"/>.</summary>
public static class IdentityTypes
{
    /// <summary>No identity.</summary>
    public const string None = "None";

    /// <summary>The vault's own identity.</summary>
    public const string SystemAssigned = "SystemAssigned";

    /// <summary>Identities that live by themselves.</summary>
    public const string UserAssigned = "UserAssigned";

    /// <summary>Both, in Azure's spelling.</summary>
    public const string Both = "SystemAssigned, UserAssigned";
}

/// <summary>A vault's encryption settings, in Azure's shape.</summary>
[GenerateSerializer, Immutable, Alias("rv.EncryptionSummary")]
public sealed record EncryptionSummary
{
    /// <summary>See <see cref="EncryptionTypes"/>.</summary>
    [Id(0)]
    public required string EncryptionAtRestType { get; init; }

    /// <summary>The key URI as assigned; null with platform-managed keys.</summary>
    [Id(1)]
    public string? KeyUri { get; init; }

    /// <summary>The key version in force (32 hex digits); null with platform-managed keys.</summary>
    [Id(2)]
    public string? KeyVersion { get; init; }

    /// <summary>The subscription of the key vault; null when not given.</summary>
    [Id(3)]
    public string? SubscriptionId { get; init; }

    /// <summary>
    /// Which identity opens the key vault: "SystemAssigned", or the resource id of a user-assigned one; null with platform-managed keys.
    /// </summary>
    [Id(4)]
    public string? Identity { get; init; }

    /// <summary>"NotEnabled", "Succeeded" or "Failed": how the last assignment ended.</summary>
    [Id(5)]
    public required string LastUpdateStatus { get; init; }

    /// <summary>"Disabled" or "Enabled".</summary>
    [Id(6)]
    public required string InfrastructureEncryptionState { get; init; }

    /// <summary>True when the URI names no version, so that new versions are picked up.</summary>
    [Id(7)]
    public bool AutoRotation { get; init; }

    /// <summary>The job of the update that returned this; null otherwise.</summary>
    [Id(8)]
    public Guid? JobId { get; init; }

    /// <summary>When the key vault last answered a look for a newer version; null if it never was asked.</summary>
    [Id(9)]
    public DateTimeOffset? LastPolledAt { get; init; }

    /// <summary>The version that still has to leave some items while a rotation is under way; null otherwise.</summary>
    [Id(10)]
    public string? PreviousKeyVersion { get; init; }
}

/// <summary>Values of <see cref="EncryptionSummary.EncryptionAtRestType"/>, Azure's own.</summary>
public static class EncryptionTypes
{
    /// <summary>Platform-managed keys.</summary>
    public const string MicrosoftManaged = "MicrosoftManaged";

    /// <summary>A customer-managed key.</summary>
    public const string CustomerManaged = "CustomerManaged";
}
