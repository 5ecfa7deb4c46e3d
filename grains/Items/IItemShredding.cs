using Orleans.Concurrency;
using RecoveryVault.Access;
using RecoveryVault.Vaults;

namespace RecoveryVault.Items;

/// <summary>
/// What a vault that is deleted with everything in it asks of its items. All of it interleaves, because the vault waits, and the item may
/// be waiting for the vault; none of it needs the key; any of it may be asked again.
/// </summary>
[GrainsOnly, Alias("rv.IItemShredding")]
public interface IItemShredding : IGrainWithStringKey
{
    /// <summary>Until when a backup promised to keep one of its recovery points; null when none did.</summary>
    [AlwaysInterleave, Alias("GetRetainedUntil")]
    Task<DateTimeOffset?> GetRetainedUntilAsync();

    /// <summary>What there is to destroy.</summary>
    [AlwaysInterleave, Alias("Describe")]
    Task<ShreddedItem> DescribeAsync();

    /// <summary>Destroys its key rings and returns when none is left. Nothing opens its data from then on.</summary>
    /// <exception cref="Errors.VaultException">BackupInProgress, ReclaimInProgress.</exception>
    [AlwaysInterleave, Alias("DestroyKeys")]
    Task DestroyKeysAsync();

    /// <summary>Destroys everything else for a few seconds; true when nothing is left.</summary>
    [AlwaysInterleave, Alias("DestroyData")]
    Task<bool> DestroyDataAsync();
}
