namespace RecoveryVault.Jobs;

/// <summary>The tasks of each operation, in their order.</summary>
public static class JobTasks
{
    public const string CheckKey = nameof(CheckKey);
    public const string Announce = nameof(Announce);
    public const string RewrapItems = nameof(RewrapItems);
    public const string Finish = nameof(Finish);

    public const string TakeWriterSlot = nameof(TakeWriterSlot);
    public const string OpenSession = nameof(OpenSession);
    public const string TransferData = nameof(TransferData);
    public const string Commit = nameof(Commit);

    public const string OpenRecoveryPoint = nameof(OpenRecoveryPoint);
    public const string RestoreFiles = nameof(RestoreFiles);
    public const string VerifyData = nameof(VerifyData);

    public const string PurgeDue = nameof(PurgeDue);
    public const string MarkNeeded = nameof(MarkNeeded);
    public const string RepackData = nameof(RepackData);
    public const string DeletePacks = nameof(DeletePacks);

    public const string LookAtSource = nameof(LookAtSource);
    public const string EnrolItem = nameof(EnrolItem);

    /// <summary>An operation that is done in one go is its own only task.</summary>
    public static IReadOnlyList<string> Of(string operation) =>
        operation switch
        {
            JobOperations.UpdateCustomerManagedKey => [CheckKey, Announce, RewrapItems, Finish],
            JobOperations.Backup => [TakeWriterSlot, OpenSession, TransferData, Commit],
            JobOperations.Restore => [OpenRecoveryPoint, RestoreFiles],
            JobOperations.Verify => [OpenRecoveryPoint, VerifyData],
            JobOperations.ReclaimSpace => [TakeWriterSlot, PurgeDue, MarkNeeded, RepackData, DeletePacks],
            JobOperations.ConfigureBackup => [LookAtSource, EnrolItem],
            _ => [operation],
        };

    /// <summary>
    /// Whether a job of the operation can be stopped without leaving something half done: what only adds, reads or goes on where it was.
    /// </summary>
    public static bool CanStop(string operation) =>
        operation is JobOperations.Backup or JobOperations.Restore or JobOperations.Verify or JobOperations.ReclaimSpace;
}
