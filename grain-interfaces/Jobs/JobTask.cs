namespace RecoveryVault.Jobs;

/// <summary>Where a part of a job stands.</summary>
public enum JobTaskStatus
{
    /// <summary>Never written.</summary>
    Unknown = 0,

    /// <summary>Its turn has not come; of a job that has ended: it never came.</summary>
    NotStarted = 1,

    /// <summary>Under way.</summary>
    InProgress = 2,

    /// <summary>Done.</summary>
    Completed = 3,

    /// <summary>What the job failed in.</summary>
    Failed = 4,

    /// <summary>What the job was stopped in.</summary>
    Cancelled = 5,
}

/// <summary>A part of a job; one after the other is under way.</summary>
[GenerateSerializer, Immutable, Alias("rv.JobTask")]
public sealed record JobTask
{
    /// <summary>What is done, such as "TransferData".</summary>
    [Id(0)]
    public required string TaskId { get; init; }

    /// <summary>Where it stands.</summary>
    [Id(1)]
    public required JobTaskStatus Status { get; init; }

    /// <summary>UTC; null when it never began.</summary>
    [Id(2)]
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>UTC; null while it is under way.</summary>
    [Id(3)]
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>Files, items or packs done, whatever the task counts.</summary>
    [Id(4)]
    public long ItemsDone { get; init; }

    /// <summary>How many there are; of a backup as many as last time. 0: nobody knows.</summary>
    [Id(5)]
    public long ItemsTotal { get; init; }

    /// <summary>Content bytes done.</summary>
    [Id(6)]
    public long BytesDone { get; init; }

    /// <summary>How many there are; 0: nobody knows.</summary>
    [Id(7)]
    public long BytesTotal { get; init; }
}

/// <summary>What a client tells of the work of one session.</summary>
/// <param name="SessionId">Which.</param>
/// <param name="Entries">Files and directories done.</param>
/// <param name="Bytes">Content bytes done.</param>
/// <param name="BytesTotal">How many there are; 0: nobody knows.</param>
[GenerateSerializer, Immutable, Alias("rv.ReportProgress")]
public sealed record ReportProgress(
    [property: Id(0)] Guid SessionId,
    [property: Id(1)] long Entries,
    [property: Id(2)] long Bytes,
    [property: Id(3)] long BytesTotal
);
