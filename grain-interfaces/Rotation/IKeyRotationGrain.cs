using RecoveryVault.Access;

namespace RecoveryVault.Rotation;

/// <summary>
/// A vault's key-rotation schedule: looks for new versions of a versionless key URI and drives a
/// rotation through every item. Key: the vault id.
/// </summary>
[Alias("rv.IKeyRotationGrain")]
public interface IKeyRotationGrain : IGrainWithStringKey
{
    /// <summary>
    /// Looks at the key now, starts a rotation if there is a newer version, and works on it for a few seconds. Call again until
    /// <see cref="RotationProgress.Done"/>; every call may be repeated.
    /// </summary>
    [Alias("Sync"), Requires(VaultRole.BackupContributor, AccessScope.Vault, LoggedAs = "SyncEncryption")]
    Task<RotationProgress> SyncAsync();
}

/// <summary>How far a rotation is.</summary>
/// <param name="Done">Every item is wrapped by the version in force.</param>
/// <param name="ItemsRemaining">Items still to re-wrap.</param>
/// <param name="JobId">The job of the rotation under way or just finished; null when there was nothing to do.</param>
/// <param name="KeyVersion">The version in force.</param>
[GenerateSerializer, Immutable, Alias("rv.RotationProgress")]
public sealed record RotationProgress(
    [property: Id(0)] bool Done,
    [property: Id(1)] int ItemsRemaining,
    [property: Id(2)] Guid? JobId,
    [property: Id(3)] string KeyVersion
);
