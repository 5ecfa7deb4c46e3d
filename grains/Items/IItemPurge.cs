using RecoveryVault.Access;

namespace RecoveryVault.Items;

/// <summary>What reclaim asks of an item whose writer slot it holds.</summary>
[GrainsOnly, Alias("rv.IItemPurge")]
public interface IItemPurge : IGrainWithStringKey
{
    /// <summary>
    /// Gives up for good what was deleted long enough ago. That a point is purged is durable before anything of it is deleted; what a
    /// crash left of earlier ones goes too.
    /// </summary>
    /// <param name="sessionId">The session that holds the writer slot.</param>
    /// <exception cref="Errors.VaultException">SessionLost; a damage code when the tombstones cannot be read.</exception>
    [Alias("PurgeDue")]
    Task<PurgeOutcome> PurgeDueAsync(Guid sessionId);

    /// <summary>What <see cref="PurgeDueAsync"/> would do now.</summary>
    [Alias("PlanPurge")]
    Task<PurgeOutcome> PlanPurgeAsync();
}
