using RecoveryVault.Access;

namespace RecoveryVault.Keys;

/// <summary>The store's own platform keys. Key 0.</summary>
[Alias("rv.IPlatformKeyGrain")]
public interface IPlatformKeyGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Puts another platform key in force; it is durable, and the store demands it of whoever opens it, before anything uses it. While a
    /// rotation has not ended it is this one that goes on. Call <see cref="ContinueAsync"/> then.
    /// </summary>
    /// <exception cref="Errors.VaultException">OtherSilosActive.</exception>
    [Alias("Rotate"), Requires(VaultRole.BackupContributor, AccessScope.Store)]
    Task<PlatformKeyProgress> RotateAsync();

    /// <summary>
    /// Works for a few seconds on what older keys sealed: re-wraps the data keys of vaults with platform-managed keys, and renews records.
    /// Call again until <see cref="PlatformKeyProgress.Done"/>; every call may be repeated.
    /// </summary>
    [Alias("Continue"), Requires(VaultRole.BackupContributor, AccessScope.Store)]
    Task<PlatformKeyProgress> ContinueAsync();
}

/// <summary>How far a rotation of the platform key is.</summary>
/// <param name="Done">Everything that can be renewed names the key in force.</param>
/// <param name="KeyId">The key in force.</param>
/// <param name="VaultsRemaining">Vaults still to go through.</param>
/// <param name="RecordsRenewed">Records renewed by this rotation since its process began.</param>
/// <param name="Refused">Vaults and items that could not be renewed, at most <see cref="MaxRefused"/>; they keep needing their old
/// key.</param>
[GenerateSerializer, Immutable, Alias("rv.PlatformKeyProgress")]
public sealed record PlatformKeyProgress(
    [property: Id(0)] bool Done,
    [property: Id(1)] uint KeyId,
    [property: Id(2)] int VaultsRemaining,
    [property: Id(3)] long RecordsRenewed,
    [property: Id(4)] IReadOnlyList<PlatformKeyRefusal> Refused
)
{
    /// <summary>More refusals are in the log only.</summary>
    public const int MaxRefused = 20;
}

/// <summary>A vault or item that could not be renewed.</summary>
/// <param name="Id">Of the vault, or of vault and item.</param>
/// <param name="Code">Why.</param>
/// <param name="Message">Why, in words.</param>
[GenerateSerializer, Immutable, Alias("rv.PlatformKeyRefusal")]
public sealed record PlatformKeyRefusal([property: Id(0)] string Id, [property: Id(1)] string Code, [property: Id(2)] string Message);
