using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Jobs;

namespace RecoveryVault.Tests.Jobs;

/// <summary>What is remembered of a job while it runs.</summary>
public sealed class RunningJobTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 28, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Enter_TaskThatIsOverOrUnknown_ChangesNothing()
    {
        var job = New();
        job.Enter(JobTasks.Commit);
        var before = Statuses(job);

        job.Enter(JobTasks.TransferData);
        job.Enter(JobTasks.Commit);
        job.Enter("Nonsense");
        job.Enter(JobTasks.TakeWriterSlot);

        Assert.NotEqual(JobTaskStatus.InProgress, job.Look().Tasks.First(t => t.TaskId == JobTasks.TakeWriterSlot).Status);
        Assert.Equal(before.Last(), Statuses(job).Last());
    }

    [Fact]
    public void Report_FewerThanBefore_NeverGoesBack()
    {
        var job = New();
        job.Report(10, 1000, 20, 4000);
        job.Report(3, 20);

        Assert.Equal((10, 1000, 20, 4000), Counts(job.Look().Tasks[0]));
        Assert.Equal(25, job.Look().Percent);
    }

    [Theory]
    [InlineData(0, 0, 0, 0, null)]
    [InlineData(5, 0, 10, 0, 50)]
    [InlineData(15, 0, 10, 0, 99)]
    [InlineData(5, 1, 10, 1000, 0)]
    [InlineData(0, long.MaxValue, 0, long.MaxValue, 99)]
    public void Percent_OfCounts_IsOfBytesFirstAndNeverAHundred(long items, long bytes, long itemsTotal, long bytesTotal, int? percent)
    {
        var job = New();
        job.Report(items, bytes, itemsTotal, bytesTotal);
        Assert.Equal(percent, job.Look().Percent);
    }

    [Fact]
    public void Tasks_OneAfterTheOther_HaveTheirTimes()
    {
        var job = New();
        _time.Advance(TimeSpan.FromSeconds(1));
        job.Enter(JobTasks.OpenSession);
        _time.Advance(TimeSpan.FromSeconds(2));
        job.Enter(JobTasks.TransferData);

        var tasks = job.Look().Tasks;
        Assert.Equal([1, 2], tasks.Take(2).Select(t => (t.EndTime - t.StartTime)!.Value.TotalSeconds));
        Assert.Equal((JobTaskStatus.InProgress, null), (tasks[2].Status, tasks[2].EndTime));
    }

    [Theory]
    [InlineData(JobStatus.Failed, JobTaskStatus.Failed, 4)]
    [InlineData(JobStatus.Cancelled, JobTaskStatus.Cancelled, 4)]
    [InlineData(JobStatus.Completed, JobTaskStatus.Completed, 2)]
    [InlineData(JobStatus.CompletedWithWarnings, JobTaskStatus.Completed, 2)]
    public void End_OfAJob_IsTheEndOfTheTaskUnderWay(JobStatus status, JobTaskStatus last, int count)
    {
        var job = New();
        job.Enter(JobTasks.OpenSession);

        var tasks = job.End(status);

        Assert.Equal(count, tasks.Length);
        Assert.Equal((JobTaskStatus.Completed, last), (tasks[0].Status, tasks[1].Status));
        Assert.All(tasks.Take(2), t => Assert.NotNull(t.EndTime));
        Assert.All(tasks.Skip(2), t => Assert.Equal((JobTaskStatus.NotStarted, null), (t.Status, t.StartTime)));
    }

    [Fact]
    public void Of_EveryOperation_HasTasksOfDifferentNames()
    {
        foreach (var operation in typeof(JobOperations).GetFields().Select(f => (string)f.GetRawConstantValue()!))
        {
            var tasks = JobTasks.Of(operation);
            Assert.NotEmpty(tasks);
            Assert.Equal(tasks.Distinct(), tasks);
        }
    }

    private RunningJob New() => new(JobOperations.Backup, _time);

    private static IEnumerable<JobTaskStatus> Statuses(RunningJob job) => job.Look().Tasks.Select(t => t.Status);

    private static (long, long, long, long) Counts(JobTask task) => (task.ItemsDone, task.BytesDone, task.ItemsTotal, task.BytesTotal);
}
