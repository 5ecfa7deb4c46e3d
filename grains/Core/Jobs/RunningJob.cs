using System.Collections.Immutable;

namespace RecoveryVault.Jobs;

/// <summary>
/// How far a job of this process is: kept in memory only, asked for while it runs, and written with its end. Safe for concurrent use.
/// </summary>
public sealed class RunningJob
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly List<JobTask> _tasks;
    private readonly long _startedAt;
    private bool _isCancelling;

    /// <summary>The first task begins at once.</summary>
    public RunningJob(string operation, TimeProvider time)
    {
        (Operation, _time, _startedAt) = (operation, time, time.GetTimestamp());
        _tasks = [.. JobTasks.Of(operation).Select(id => new JobTask { TaskId = id, Status = JobTaskStatus.NotStarted })];
        Enter(_tasks[0].TaskId);
    }

    public string Operation { get; }

    public TimeSpan Elapsed => _time.GetElapsedTime(_startedAt);

    /// <summary>Somebody asked it to stop.</summary>
    public void Cancel()
    {
        lock (_gate)
            _isCancelling = true;
    }

    /// <summary>A task begins; those before it are done. One that is over does not begin again.</summary>
    public void Enter(string taskId)
    {
        lock (_gate)
        {
            var next = _tasks.FindIndex(t => t.TaskId == taskId);
            if (next < 0 || _tasks[next].Status != JobTaskStatus.NotStarted)
                return;
            for (var i = 0; i < next; i++)
            {
                if (_tasks[i].Status == JobTaskStatus.InProgress)
                    _tasks[i] = Ended(_tasks[i], JobTaskStatus.Completed);
            }
            _tasks[next] = _tasks[next] with { Status = JobTaskStatus.InProgress, StartTime = _time.GetUtcNow() };
        }
    }

    /// <summary>What the task under way has done; counts never go back, and a total of 0 leaves the one that is known.</summary>
    public void Report(long items, long bytes, long itemsTotal = 0, long bytesTotal = 0)
    {
        lock (_gate)
        {
            var i = _tasks.FindIndex(t => t.Status == JobTaskStatus.InProgress);
            if (i < 0)
                return;
            var task = _tasks[i];
            _tasks[i] = task with
            {
                ItemsDone = Math.Max(task.ItemsDone, items),
                BytesDone = Math.Max(task.BytesDone, bytes),
                ItemsTotal = itemsTotal > 0 ? itemsTotal : task.ItemsTotal,
                BytesTotal = bytesTotal > 0 ? bytesTotal : task.BytesTotal,
            };
        }
    }

    public JobProgress Look()
    {
        lock (_gate)
            return new JobProgress([.. _tasks], JobProgress.PercentOf(_tasks), _isCancelling);
    }

    /// <summary>The tasks as they are written with the job's end: of one that went well those there were.</summary>
    public ImmutableArray<JobTask> End(JobStatus status)
    {
        lock (_gate)
        {
            var last = status switch
            {
                JobStatus.Failed => JobTaskStatus.Failed,
                JobStatus.Cancelled => JobTaskStatus.Cancelled,
                _ => JobTaskStatus.Completed,
            };
            var ended = _tasks.Select(t => t.Status == JobTaskStatus.InProgress ? Ended(t, last) : t);
            return [.. ended.Where(t => last != JobTaskStatus.Completed || t.Status != JobTaskStatus.NotStarted)];
        }
    }

    private JobTask Ended(JobTask task, JobTaskStatus status) => task with { Status = status, EndTime = _time.GetUtcNow() };
}
