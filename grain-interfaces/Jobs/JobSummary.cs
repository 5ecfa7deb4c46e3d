namespace RecoveryVault.Jobs;

/// <summary>Where a job stands.</summary>
public enum JobStatus
{
    /// <summary>Never written.</summary>
    Unknown = 0,

    /// <summary>Under way.</summary>
    InProgress = 1,

    /// <summary>Asked to stop.</summary>
    Cancelling = 2,

    /// <summary>Stopped on request; nothing was changed that counts.</summary>
    Cancelled = 3,

    /// <summary>Done.</summary>
    Completed = 4,

    /// <summary>Done, but some source files could not be read.</summary>
    CompletedWithWarnings = 5,

    /// <summary>Not done; the error details say why.</summary>
    Failed = 6,
}

/// <summary>What a job does; Azure Backup's names where it has one.</summary>
public static class JobOperations
{
    /// <summary>Protecting an item.</summary>
    public const string ConfigureBackup = nameof(ConfigureBackup);

    /// <summary>A backup.</summary>
    public const string Backup = nameof(Backup);

    /// <summary>A restore.</summary>
    public const string Restore = nameof(Restore);

    /// <summary>A check that a recovery point can be restored.</summary>
    public const string Verify = nameof(Verify);

    /// <summary>Assigning, changing or rotating the customer-managed key.</summary>
    public const string UpdateCustomerManagedKey = nameof(UpdateCustomerManagedKey);

    /// <summary>Wrapping data keys by another key of the platform keyring.</summary>
    public const string RotatePlatformKey = nameof(RotatePlatformKey);

    /// <summary>Stopping protection, data kept.</summary>
    public const string DisableBackup = nameof(DisableBackup);

    /// <summary>Deleting a recovery point.</summary>
    public const string DeleteBackupData = nameof(DeleteBackupData);

    /// <summary>Bringing a deleted recovery point back.</summary>
    public const string Undelete = nameof(Undelete);

    /// <summary>Deleting what an item's retention policy keeps no longer.</summary>
    public const string ExpireRecoveryPoints = nameof(ExpireRecoveryPoints);

    /// <summary>Freeing the space that no recovery point of an item needs any more.</summary>
    public const string ReclaimSpace = nameof(ReclaimSpace);
}

/// <summary>Why a job failed, or what it warns of.</summary>
[GenerateSerializer, Immutable, Alias("rv.JobError")]
public sealed record JobError([property: Id(0)] string Code, [property: Id(1)] string Message, [property: Id(2)] string Recommendation);

/// <summary>A job as shown to people.</summary>
[GenerateSerializer, Immutable, Alias("rv.JobSummary")]
public sealed record JobSummary
{
    /// <summary>The id of the operation that caused it.</summary>
    [Id(0)]
    public required Guid JobId { get; init; }

    /// <summary>One of <see cref="JobOperations"/>.</summary>
    [Id(1)]
    public required string Operation { get; init; }

    /// <summary>Where it stands.</summary>
    [Id(2)]
    public required JobStatus Status { get; init; }

    /// <summary>The item concerned; null for a vault's own jobs.</summary>
    [Id(3)]
    public string? ItemName { get; init; }

    /// <summary>UTC.</summary>
    [Id(4)]
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>UTC; null while under way.</summary>
    [Id(5)]
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>Errors and warnings, at most 100.</summary>
    [Id(6)]
    public IReadOnlyList<JobError> ErrorDetails { get; init; } = [];

    /// <summary>Facts worth keeping, such as key versions and byte counts.</summary>
    [Id(7)]
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <summary>Who asked for it.</summary>
    [Id(8)]
    public string Caller { get; init; } = "";

    /// <summary>What it consists of, in order; of jobs in a list, and of those whose process died, none.</summary>
    [Id(9)]
    public IReadOnlyList<JobTask> Tasks { get; init; } = [];

    /// <summary>Of the task under way, 0 to 99; 100 when it is completed; null when nobody knows how much there is.</summary>
    [Id(10)]
    public int? ProgressPercent { get; init; }
}
