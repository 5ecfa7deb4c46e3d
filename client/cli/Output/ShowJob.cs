using RecoveryVault.Jobs;
using Spectre.Console;

namespace RecoveryVault.Cli.Output;

/// <summary>Jobs as people read them.</summary>
internal static class ShowJob
{
    public static void List(IAnsiConsole console, JobShape[] jobs) =>
        Show.Table(
            console,
            jobs,
            "No jobs.",
            ("Job", j => j.JobId.ToString()),
            ("Operation", j => j.Operation),
            ("Item", j => j.ItemName),
            ("Status", j => j.Status),
            ("Started", j => Show.Time(j.StartTime)),
            ("Duration", j => DurationOf(j.DurationSeconds)),
            ("Error", j => j.ErrorDetails is [var e, ..] ? e.Code : "")
        );

    public static void One(IAnsiConsole console, JobShape job)
    {
        Show.Facts(
            console,
            [
                ("Job", job.JobId.ToString()),
                ("Operation", job.Operation),
                ("Item", job.ItemName),
                ("Status", job.Status),
                ("Progress", job.ProgressPercentage is { } percent ? $"{percent} %" : null),
                ("Started", Show.Time(job.StartTime)),
                ("Ended", job.EndTime is { } end ? Show.Time(end) : null),
                ("Duration", DurationOf(job.DurationSeconds)),
                ("Caller", job.Caller),
                .. job.Properties.Select(p => (p.Key, (string?)p.Value)),
            ]
        );
        if (job.TasksList.Count > 0)
        {
            console.WriteLine("");
            Tasks(console, job.TasksList);
        }
        foreach (var error in job.ErrorDetails)
            Error(console, error);
    }

    /// <summary>How far a running job is, in one line.</summary>
    public static string Line(JobSummary job)
    {
        var shape = JobShape.Of(job);
        var task = shape.TasksList.FirstOrDefault(t => t.Status == nameof(JobTaskStatus.InProgress));
        var percent = shape.ProgressPercentage is { } known ? $", {known} %" : "";
        return task is null
            ? $"{shape.Operation}: {shape.Status}"
            : $"{shape.Operation}: {shape.Status}, {task.TaskId}{percent}{DoneOf(task)}";
    }

    private static void Tasks(IAnsiConsole console, IReadOnlyCollection<JobTaskShape> tasks) =>
        Show.Table(
            console,
            tasks,
            "",
            ("Task", t => t.TaskId),
            ("Status", t => t.Status),
            ("Duration", t => DurationOf(t.DurationSeconds) ?? ""),
            ("Done", t => DoneOf(t).TrimStart(',', ' '))
        );

    private static void Error(IAnsiConsole console, JobErrorShape error)
    {
        console.WriteLine("");
        console.WriteLine($"{error.Title} ({error.Code})");
        console.WriteLine($"  {error.Message}");
        if (error.Recommendation.Length > 0)
            console.WriteLine($"  {error.Recommendation}");
    }

    private static string DoneOf(JobTaskShape task) =>
        (task.ItemsDone, task.BytesDone, task.ItemsTotal) is (0, 0, null) ? ""
        : task.BytesDone == 0 && task.BytesTotal is null ? $", {Of(task.ItemsDone, task.ItemsTotal, Show.Count)}"
        : $", {Of(task.ItemsDone, task.ItemsTotal, Show.Count)} {(task is { ItemsDone: 1, ItemsTotal: null or 1 } ? "entry" : "entries")}, {Of(task.BytesDone, task.BytesTotal, Show.Bytes)}";

    private static string Of(long done, long? total, Func<long, string> show) =>
        total is { } known ? $"{show(done)} of {show(known)}" : show(done);

    private static string? DurationOf(double? seconds) => seconds is { } s ? Show.Duration(TimeSpan.FromSeconds(s)) : null;
}
