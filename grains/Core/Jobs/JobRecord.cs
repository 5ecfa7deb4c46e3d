using System.Collections.Immutable;

namespace RecoveryVault.Jobs;

/// <summary>What is known of a job when it begins.</summary>
/// <param name="Owner">The silo incarnation that runs it: when that is gone, the job was interrupted.</param>
public sealed record JobStart(Guid JobId, string Operation, string? ItemName, DateTimeOffset StartTime, string Caller, string Owner);

/// <summary>How a job ended.</summary>
public sealed record JobEnd(
    JobStatus Status,
    DateTimeOffset EndTime,
    ImmutableArray<JobError> Errors,
    ImmutableSortedDictionary<string, string> Properties
)
{
    public static JobEnd Completed(DateTimeOffset at, params IEnumerable<KeyValuePair<string, string>> properties) =>
        new(JobStatus.Completed, at, [], properties.ToImmutableSortedDictionary(StringComparer.Ordinal));

    public static JobEnd Failed(DateTimeOffset at, JobError error) =>
        new(JobStatus.Failed, at, [error], ImmutableSortedDictionary<string, string>.Empty);
}

/// <summary>A job as stored.</summary>
public sealed record JobRecord(JobStart Start, JobEnd? End)
{
    public JobSummary ToSummary() =>
        new()
        {
            JobId = Start.JobId,
            Operation = Start.Operation,
            Status = End?.Status ?? JobStatus.InProgress,
            ItemName = Start.ItemName,
            StartTime = Start.StartTime,
            EndTime = End?.EndTime,
            ErrorDetails = End?.Errors ?? [],
            Properties = End?.Properties ?? ImmutableSortedDictionary<string, string>.Empty,
            Caller = Start.Caller,
        };
}
