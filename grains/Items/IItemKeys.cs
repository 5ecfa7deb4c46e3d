using Orleans.Concurrency;
using RecoveryVault.Access;
using RecoveryVault.Keys;

namespace RecoveryVault.Items;

/// <summary>What the vault and its rotation ask of an item.</summary>
[GrainsOnly, Alias("rv.IItemKeys")]
public interface IItemKeys : IGrainWithStringKey
{
    /// <summary>True when backups of the item can run.</summary>
    [AlwaysInterleave, Alias("IsProtected")]
    Task<bool> IsProtectedAsync();

    /// <summary>True when the item is deleted and nothing of it can be had back any more.</summary>
    [AlwaysInterleave, Alias("IsEmptied")]
    Task<bool> IsEmptiedAsync();

    /// <summary>What keeps the item's vault from being deleted; null when nothing of the item can be had back any more.</summary>
    [AlwaysInterleave, Alias("FindRemains")]
    Task<ItemRemains?> FindRemainsAsync();

    /// <summary>The item's name as its authenticated settings have it; null when its protection was never completed.</summary>
    [AlwaysInterleave, Alias("GetName")]
    Task<string?> GetNameAsync();

    /// <summary>
    /// Completes an item's protection: makes its keys if it has none, keeps its source, and owes the job's end and the log's entry until
    /// <see cref="SettleAsync"/>. Interleaves, because the vault waits for it, and a backup of this item may be waiting for the vault.
    /// </summary>
    [AlwaysInterleave, Alias("Protect")]
    Task ProtectAsync(VaultKeyContext keys, string itemName, ItemSource source, Guid jobId);

    /// <summary>Pays what the item owes to jobs and log, as far as that can be done now.</summary>
    /// <param name="jobId">What is owed of this job is owed since a moment; anything else may have been paid long ago.</param>
    [AlwaysInterleave, Alias("Settle")]
    Task SettleAsync(Guid jobId);

    /// <summary>
    /// Re-wraps the item's data keys for the generation in force; nothing to do is success. Interleaves, because a backup that waits for
    /// the rotation must not block it; the item's own writes are serialised inside.
    /// </summary>
    [AlwaysInterleave, Alias("Rewrap")]
    Task RewrapAsync(VaultKeyContext keys);

    /// <summary>
    /// Writes anew, under the platform key in force, what the item's record names by hash, and renews what it no longer names; returns how
    /// many records that were. Interleaves: the item's own writes are serialised inside.
    /// </summary>
    [AlwaysInterleave, Alias("RenewRecords")]
    Task<int> RenewRecordsAsync();
}
