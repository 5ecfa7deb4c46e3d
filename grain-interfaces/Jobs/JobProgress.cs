namespace RecoveryVault.Jobs;

/// <summary>How far a running job is.</summary>
/// <param name="Tasks">In their order.</param>
/// <param name="Percent">Of the task under way, 0 to 99; null when nobody knows how much there is.</param>
/// <param name="IsCancelling">Somebody asked it to stop.</param>
[GenerateSerializer, Immutable, Alias("rv.JobProgress")]
public sealed record JobProgress(
    [property: Id(0)] IReadOnlyList<JobTask> Tasks,
    [property: Id(1)] int? Percent,
    [property: Id(2)] bool IsCancelling
)
{
    /// <summary>Bytes say more than counts; the last percent is the job's end.</summary>
    public static int? PercentOf(IEnumerable<JobTask> tasks) =>
        tasks.FirstOrDefault(t => t.Status == JobTaskStatus.InProgress) switch
        {
            { BytesTotal: > 0 } task => Percentage(task.BytesDone, task.BytesTotal),
            { ItemsTotal: > 0 } task => Percentage(task.ItemsDone, task.ItemsTotal),
            _ => null,
        };

    private static int Percentage(long done, long total) => (int)Math.Clamp((decimal)done * 100 / total, 0, 99);
}
