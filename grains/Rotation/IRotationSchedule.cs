using Orleans.Concurrency;
using RecoveryVault.Access;

namespace RecoveryVault.Rotation;

/// <summary>What vaults and items ask of a vault's rotation schedule.</summary>
[GrainsOnly, Alias("rv.IRotationSchedule")]
public interface IRotationSchedule : IGrainWithStringKey
{
    /// <summary>
    /// Makes sure that the reminder stands, and does what is due. Nobody waits for it: the vault asks, and the schedule may be waiting for
    /// the vault.
    /// </summary>
    [OneWay, Alias("Ensure")]
    Task EnsureAsync();

    /// <summary>
    /// Makes sure that the key was looked at within the last hour, looking now when the last time is a quarter of an hour ago or more.
    /// </summary>
    /// <exception cref="Errors.VaultException">KeyVaultUnreachable or a CMK code: it was not, and looking failed.</exception>
    [Alias("EnsurePolled")]
    Task EnsurePolledAsync();

    /// <summary>Goes on with the pass under way; the schedule sends it to itself.</summary>
    [OneWay, Alias("Continue")]
    Task ContinueAsync();
}
