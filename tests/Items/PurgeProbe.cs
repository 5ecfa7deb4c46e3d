using RecoveryVault.Access;
using RecoveryVault.Items;

namespace RecoveryVault.Tests.Items;

/// <summary>Lets a test ask an item what only grains may.</summary>
[Alias("rv.tests.IPurgeProbe")]
public interface IPurgeProbe : IGrainWithStringKey
{
    [Alias("PurgeDue"), Requires(VaultRole.BackupContributor, AccessScope.Item)]
    Task<PurgeOutcome> PurgeDueAsync(Guid sessionId);

    [Alias("PlanPurge"), Requires(VaultRole.BackupContributor, AccessScope.Item)]
    Task<PurgeOutcome> PlanPurgeAsync();
}

public sealed class PurgeProbe : Grain, IPurgeProbe
{
    private IItemPurge Item => GrainFactory.GetGrain<IItemPurge>(this.GetPrimaryKeyString());

    public Task<PurgeOutcome> PurgeDueAsync(Guid sessionId) => Item.PurgeDueAsync(sessionId);

    public Task<PurgeOutcome> PlanPurgeAsync() => Item.PlanPurgeAsync();
}
