namespace RecoveryVault.Tests.Model;

/// <summary>
/// Beginnings of the first runs, for what chance brings about too seldom: after them these runs go on at random like all others.
/// </summary>
internal static class Scripts
{
    private const int FirstItem = 6 * 1_000_000;

    public static IReadOnlyList<(Roughness Roughness, IReadOnlyList<Step> Steps)> All { get; } =
    [
        (Roughness.Calm, ExpireAndPurge),
        (Roughness.Calm, RotateUnderABackup),
        (Roughness.Calm, BlockARotation(3)),
        (Roughness.Calm, BlockARotation(4)),
        (Roughness.Calm, BlockARotation(5)),
        (Roughness.Calm, DeleteTheKey),
        (Roughness.Calm, LoseTheKeyVault),
        (Roughness.Duplicated, TakeTheSlot),
        (Roughness.Deadly, Die),
        (Roughness.Deadly, CrashAtTheCommit(6)),
        (Roughness.Deadly, CrashAtTheCommit(7)),
        (Roughness.Deadly, CrashAtTheCommit(8)),
        (Roughness.Calm, SetTheStoreBack),
        (Roughness.Calm, HaveAnItemBack),
    ];

    private static Step Of(Operation operation, int b = 0, int a = FirstItem, int c = 0) => new(operation, a, b, c);

    private static IReadOnlyList<Step> ExpireAndPurge =>
        [
            Of(Operation.BackUp),
            Of(Operation.BackUp),
            Of(Operation.BackUp),
            Of(Operation.AssignPolicy, b: 1),
            // What was there goes on being kept for the soft-delete period.
            Of(Operation.Expire),
            Of(Operation.DeletePoint),
            Of(Operation.AdvanceDays, a: 2),
            // The log proves no later time than the deletion yet.
            Of(Operation.Reclaim),
            Of(Operation.AdvanceDays, a: 1),
            Of(Operation.Reclaim),
            Of(Operation.BackUp),
            Of(Operation.Expire),
        ];

    private static IReadOnlyList<Step> RotateUnderABackup =>
        [
            Of(Operation.BackUpStart),
            Of(Operation.KvRotate),
            Of(Operation.BackUpChunk),
            Of(Operation.Sync),
            Of(Operation.KvDisableSafe),
            Of(Operation.BackUpCommit),
            Of(Operation.Restore, b: 1),
            Of(Operation.ReminderTick, a: 2),
        ];

    /// <summary>Announced, and stopped by the store; then the version that is being left is disabled.</summary>
    private static IReadOnlyList<Step> BlockARotation(int nth) =>
        [
            Of(Operation.KvRotate),
            Of(Operation.StoreFault, a: 0, b: nth),
            Of(Operation.Sync),
            Of(Operation.KvDisable),
            Of(Operation.Sync),
            Of(Operation.BackUp),
            Of(Operation.KvEnable),
            Of(Operation.Sync),
        ];

    private static IReadOnlyList<Step> DeleteTheKey =>
        [
            Of(Operation.Restore),
            Of(Operation.KvDeleteKey),
            Of(Operation.KvPurge),
            Of(Operation.Restore),
            Of(Operation.BackUp),
            Of(Operation.Restore),
            Of(Operation.Reclaim),
            Of(Operation.KvRecover),
            Of(Operation.Restore),
        ];

    private static IReadOnlyList<Step> LoseTheKeyVault =>
        [
            Of(Operation.Restore),
            Of(Operation.KvOutage, a: 0, b: 4),
            Of(Operation.Restore),
            Of(Operation.Advance, a: 2),
            Of(Operation.Restore),
            Of(Operation.BackUp),
            Of(Operation.Advance, a: 4),
            Of(Operation.Restore),
        ];

    private static IReadOnlyList<Step> TakeTheSlot =>
        [
            Of(Operation.BackUpStart),
            Of(Operation.DuplicateActivation),
            Of(Operation.BackUp, c: 4),
            Of(Operation.BackUpCommit),
            Of(Operation.BackUpTwice),
            Of(Operation.KvRotate),
            Of(Operation.ReminderTick, a: 2),
        ];

    private static IReadOnlyList<Step> Die =>
        [Of(Operation.BackUpStart), Of(Operation.KillSilo), Of(Operation.Restore), Of(Operation.DirtyReboot), Of(Operation.BackUp)];

    /// <summary>Right after the nth write: one of them makes the recovery point, whose answer then never comes.</summary>
    private static IReadOnlyList<Step> CrashAtTheCommit(int nth) =>
        [Of(Operation.CrashAtStore, a: 1, b: nth), Of(Operation.BackUp), Of(Operation.Reclaim)];

    private static IReadOnlyList<Step> SetTheStoreBack =>
        [
            Of(Operation.RestoreOldStorageSnapshot),
            Of(Operation.BackUp),
            Of(Operation.BackUp),
            Of(Operation.RestoreOldStorageSnapshot),
            Of(Operation.RestoreOldRecord, b: 1),
            Of(Operation.RestoreOldRecord, b: 100),
        ];

    private static IReadOnlyList<Step> HaveAnItemBack =>
        [
            Of(Operation.BackUpRetained, b: 5),
            Of(Operation.DeleteItem),
            Of(Operation.DeletePoint),
            Of(Operation.AdvanceDays, a: 2),
            Of(Operation.DeleteItem),
            Of(Operation.Restore),
            Of(Operation.UndeleteItem),
            Of(Operation.Protect, b: 1),
            Of(Operation.DeletePoint),
            Of(Operation.DeletePoint, b: 1),
        ];
}
