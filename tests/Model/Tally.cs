using System.Collections.Concurrent;

namespace RecoveryVault.Tests.Model;

/// <summary>What happened over many runs.</summary>
internal sealed class Tally
{
    public ConcurrentDictionary<Operation, int> Operations { get; } = new();

    public ConcurrentDictionary<Situation, int> Situations { get; } = new();

    public void Count(Operation operation) => Operations.AddOrUpdate(operation, 1, (_, count) => count + 1);

    public void Meet(Situation situation) => Situations.AddOrUpdate(situation, 1, (_, count) => count + 1);

    public override string ToString() =>
        $"{string.Join(", ", Operations.OrderBy(o => o.Key).Select(o => $"{o.Key} {o.Value}"))}\n"
        + string.Join(", ", Situations.OrderBy(s => s.Key).Select(s => $"{s.Key} {s.Value}"));
}

/// <summary>What must have been met for the runs to mean something.</summary>
internal enum Situation
{
    BackupCommitted,
    BackupAcrossRotationCommitted,
    BackupAcrossTroubleFailed,
    BackupRefusedUnderRevocation,
    BackupRefusedDuringOutage,
    TwoBackupsAtOnce,
    RestoreCompared,
    RestoreRefusedUnderRevocation,
    RestoreDuringOutageFromMemory,
    RestoreRefusedDuringOutage,
    RestoreUnderRevocationFromMemory,
    RestoreOfDeletedPointRefused,
    KeyHealed,
    RotationFinished,
    RotationBlocked,
    SafeVersionDisabled,
    NeededVersionDisabled,
    PurgeRefused,
    OtherKeyVaultTaken,
    LastPointKept,
    PromiseKept,
    ItemDeletedAndHadBack,
    PointsExpired,
    PointsPurged,
    PurgeHeldBack,
    ReclaimRefusedUnderRevocation,
    StoreFaultHit,
    DoneThoughRefused,
    TamperFound,
    TamperWithoutEffect,
    LogTamperFound,
    OldRecordRejected,
    OldRecordSeenByReceipt,
    OldStorageSeenByReceipts,
    DuplicateActivationCommitted,
    SlotLostToDuplicate,
    SiloKilled,
    BackupKilled,
    Rebooted,
    CrashedAtStore,
    ClockWrong,
    RecordsRebuilt,
}
