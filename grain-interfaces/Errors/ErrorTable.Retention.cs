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
                LastRecoveryPoint,
                "It is the only recovery point of the item that can be restored.",
                "Back the item up once more, or bring another recovery point back, and then delete this one."
            ),
            new(
                DeletionLimitReached,
                "More recovery points are deleted at once than can be noted.",
                "Go on when those whose time is over have been purged."
            ),
        ];
}
