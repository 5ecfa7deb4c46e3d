using System.Diagnostics;
using System.Diagnostics.Metrics;
using RecoveryVault.Telemetry;

namespace RecoveryVault.Jobs;

/// <summary>Jobs as this silo runs and ends them.</summary>
public static class JobMeter
{
    private static readonly UpDownCounter<long> Running = VaultMeter.UpDown("rvault.jobs.running", "{job}", "Jobs under way in this silo.");

    private static readonly Counter<long> Over = VaultMeter.Counter(
        "rvault.jobs.ended",
        "{job}",
        "Jobs that ended: backups, restores, verifications and all others, by outcome and code."
    );

    private static readonly Histogram<double> Durations = VaultMeter.Seconds("rvault.job.duration", "From a job's start to its end.");

    public static void Started(string operation) => Running.Add(1, Operation(operation));

    public static void Ended(RunningJob job, JobEnd end)
    {
        Running.Add(-1, Operation(job.Operation));
        Count(job.Operation, end);
        Durations.Record(job.Elapsed.TotalSeconds, Operation(job.Operation), Status(end));
    }

    /// <summary>A job whose silo died: whoever looks at it ends it, and nobody knows when.</summary>
    public static void Interrupted(string operation, JobEnd end) => Count(operation, end);

    private static void Count(string operation, JobEnd end)
    {
        var tags = new TagList { Operation(operation), Status(end) };
        if (end is { Status: JobStatus.Failed, Errors: [var error, ..] })
            tags.Add(VaultMeter.Tag(VaultTraces.ErrorType, error.Code));
        Over.Add(1, tags);
    }

    private static KeyValuePair<string, object?> Operation(string operation) => VaultMeter.Tag("rvault.job.operation", operation);

    private static KeyValuePair<string, object?> Status(JobEnd end) => VaultMeter.Tag("rvault.job.status", $"{end.Status}");
}
