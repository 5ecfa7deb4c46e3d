using System.Collections.Immutable;
using RecoveryVault.Items;
using RecoveryVault.Records;

namespace RecoveryVault.Jobs;

/// <summary>What is known of a job when it begins.</summary>
/// <param name="Owner">The silo incarnation that runs it: when that is gone, the job was interrupted.</param>
public sealed record JobStart(Guid JobId, string Operation, string? ItemName, DateTimeOffset StartTime, string Caller, string Owner)
    : Evolving
{
    /// <summary>The item whose grain runs it; null: the vault's.</summary>
    public ItemId? ItemId { get; init; }
}

/// <summary>How a job ended.</summary>
public sealed record JobEnd(
    JobStatus Status,
    DateTimeOffset EndTime,
    ImmutableArray<JobError> Errors,
    ImmutableSortedDictionary<string, string> Properties
) : Evolving
{
    public ImmutableArray<JobError> Errors { get; init; } = RecordJson.ListOf(Errors);

    /// <summary>The tasks as they were then; none of a job that ended without its process.</summary>
    public ImmutableArray<JobTask> Tasks
    {
        get;
        init => field = RecordJson.ListOf(value);
    } = [];

    public static JobEnd Completed(DateTimeOffset at, params IEnumerable<KeyValuePair<string, string>> properties) =>
        new(JobStatus.Completed, at, [], properties.ToImmutableSortedDictionary(StringComparer.Ordinal));

    /// <summary>The longest text kept of an error or fact: some come from clients.</summary>
    public const int MaxTextLength = 4096;

    /// <summary>The same with its texts cut to <see cref="MaxTextLength"/>.</summary>
    public JobEnd Bounded() =>
        this with
        {
            Errors = [.. Errors.Select(e => new JobError(Cut(e.Code), Cut(e.Message), Cut(e.Recommendation)))],
            Properties = Properties.ToImmutableSortedDictionary(p => Cut(p.Key), p => Cut(p.Value), StringComparer.Ordinal),
        };

    private static string Cut(string text) => text.Length <= MaxTextLength ? text : text[..(MaxTextLength - 1)] + "…";

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
            Tasks = End?.Tasks ?? [],
            ProgressPercent = End?.Status is JobStatus.Completed or JobStatus.CompletedWithWarnings ? 100 : null,
        };

    /// <summary>The same of a job that runs, with what its process knows of it.</summary>
    public JobSummary ToSummary(JobProgress progress) =>
        ToSummary() with
        {
            Status = progress.IsCancelling ? JobStatus.Cancelling : JobStatus.InProgress,
            Tasks = progress.Tasks,
            ProgressPercent = progress.Percent,
        };
}
