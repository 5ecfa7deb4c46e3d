using static RecoveryVault.Errors.ErrorCodes;

namespace RecoveryVault.Errors;

public static partial class ErrorTable
{
    private static ErrorEntry[] Retention() =>
        [
            new(
                RecoveryPointSoftDeleted,
                "The recovery point is deleted, and has not been purged yet.",
                "Bring it back with 'rvault recoverypoint undelete' first."
            ),
            new(
                RecoveryPointRetained,
                "It was promised at the backup that the recovery point is kept until a certain time.",
                "Wait until that time: nothing can shorten it."
            ),
            new(
                ItemSoftDeleted,
                "The item is deleted.",
                "Bring it back with 'rvault protection undelete', and protect it again after that."
            ),
            new(
                LastRecoveryPoint,
                "It is the only recovery point of the item that can be restored.",
                "Back the item up once more, or bring another recovery point back, and then delete this one."
            ),
            new(PolicyNotFound, "The vault has no retention policy of that name.", "See the names with 'rvault policy list'."),
            new(
                PolicyAlreadyExists,
                "A retention policy of that name exists.",
                "Change it with 'rvault policy set', or choose another name."
            ),
            new(PolicyLimitReached, "A vault holds at most 64 retention policies.", "Delete one with 'rvault policy delete'."),
            new(PolicyInUse, "Items follow the retention policy.", "Give them another one, or none, with 'rvault item set-policy' first."),
            new(
                DeletionLimitReached,
                "More recovery points are deleted at once than can be noted.",
                "Go on when those whose time is over have been purged."
            ),
        ];
}
