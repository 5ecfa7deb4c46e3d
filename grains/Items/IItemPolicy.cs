using Orleans.Concurrency;
using RecoveryVault.Access;

namespace RecoveryVault.Items;

/// <summary>What the vault tells an item about retention.</summary>
[GrainsOnly, Alias("rv.IItemPolicy")]
public interface IItemPolicy : IGrainWithStringKey
{
    /// <summary>
    /// Lets the item follow a policy, or none. Interleaves, because the vault waits for it, and the item may be waiting for the vault.
    /// </summary>
    [AlwaysInterleave, Alias("Follow")]
    Task FollowAsync(Guid operationId, string? policy);
}
