using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;

namespace RecoveryVault.Reclaim;

/// <summary>What a reclaim changes in the item's record and asks of the item's host: each change requires the writer slot.</summary>
/// <param name="Condemn">
/// Condemns packs (<see cref="ItemRecord.Condemn"/>) and returns when that is durable. <see cref="VaultException"/>: SessionLost.
/// </param>
/// <param name="ConfirmDeleted">Ends their condemnation: they are gone (<see cref="ItemRecord.ConfirmDeleted"/>).</param>
/// <param name="HasReaders">Whether sessions are open that read.</param>
/// <param name="HasEarlierReaders">Whether one of them began before packs were condemned last.</param>
public sealed record ReclaimLedger(
    Func<IReadOnlyCollection<ObjectId>, Task> Condemn,
    Func<IReadOnlyCollection<ObjectId>, Task> ConfirmDeleted,
    Func<Task<bool>> HasReaders,
    Func<Task<bool>> HasEarlierReaders
);
