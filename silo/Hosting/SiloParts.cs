using RecoveryVault.Access;
using RecoveryVault.DataPath;
using RecoveryVault.Identities;
using RecoveryVault.Keys;
using RecoveryVault.Storage;

namespace RecoveryVault.Hosting;

/// <summary>What a mode of operation decides about a silo.</summary>
/// <param name="Blobs">Everything durable.</param>
/// <param name="Keyring">The cluster's own keys.</param>
/// <param name="KeyVaults">Leads to the customers' keys.</param>
/// <param name="DataPlane">Where this silo's sessions are announced.</param>
/// <param name="Client">Who calls from outside.</param>
public sealed record SiloParts(
    IBlobStore Blobs,
    PlatformKeyring Keyring,
    KeyVaultConnector KeyVaults,
    InProcessDataPlane DataPlane,
    VerifiedClient Client
)
{
    /// <summary>The user-assigned identities that vaults can be given; at least Azure's, by resource id.</summary>
    public IdentityDirectory Identities { get; init; } = new(local: null);

    /// <summary>How much it takes on at once.</summary>
    public SessionLimits Limits { get; init; } = SessionLimits.None;

    /// <summary>Where other processes reach this silo's sessions; null: nobody does, the silo's own address names them.</summary>
    public string? DataPlaneAddress { get; init; }
}
