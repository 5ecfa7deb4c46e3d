using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using RecoveryVault.Access;
using RecoveryVault.Activity;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Jobs;

/// <summary>
/// What grains write down of what they do: a job that begins and ends, and the activity log's entry with the verified caller.
/// </summary>
public sealed partial class Journal(
    JobLedger ledger,
    RunningJobs running,
    SiloLiveness liveness,
    IGrainFactory grains,
    TimeProvider time,
    ILogger<Journal> log
)
{
    /// <summary>The jobs that run in this silo.</summary>
    public RunningJobs Running => running;

    /// <summary>Refusals that stand in a log already, for as long as they are on their way to the caller.</summary>
    private static readonly ConditionalWeakTable<VaultException, object> Logged = [];

    public static bool IsLogged(VaultException refusal) => Logged.TryGetValue(refusal, out _);

    /// <summary>The refusal is on its way, and nobody need log it once more.</summary>
    public static VaultException Noted(VaultException refusal)
    {
        Logged.AddOrUpdate(refusal, refusal);
        return refusal;
    }

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Begins a job and returns its id.</summary>
    /// <param name="itemId">The item whose grain runs it; null: the vault's.</param>
    public async Task<Guid> StartAsync(VaultId vaultId, string operation, string? itemName, ItemId? itemId = null)
    {
        var jobId = NewJobId();
        await StartAsync(vaultId, jobId, operation, itemName, itemId);
        return jobId;
    }

    /// <summary>Begins a job under an id made before; the same again changes nothing.</summary>
    public async Task StartAsync(VaultId vaultId, Guid jobId, string operation, string? itemName, ItemId? itemId = null)
    {
        var start = new JobStart(jobId, operation, itemName, Now, Caller.Current, liveness.Self) { ItemId = itemId };
        try
        {
            await ledger.StartAsync(vaultId, start);
        }
        catch (Exception e) when (StoreRefusals.IsUnclear(e))
        {
            // It may be there, and nobody would ever end it: the same start again changes nothing.
            await ledger.StartAsync(vaultId, start);
        }
        running.Start(jobId, operation);
        LogStart(operation, jobId, vaultId);
    }

    /// <summary>A task of a job that runs here begins.</summary>
    public void Enter(Guid jobId, string taskId) => running.Find(jobId)?.Enter(taskId);

    public Guid NewJobId() => ledger.NewJobId();

    /// <summary>One job; null when there is none.</summary>
    public Task<JobRecord?> FindAsync(VaultId vaultId, Guid jobId) => ledger.FindAsync(vaultId, jobId);

    /// <summary>Writes what a change owes: the end of its job, its log entry.</summary>
    /// <param name="mayBePaid">Whether the entry may be there since long.</param>
    public async Task PayAsync(VaultId vaultId, OwedNote note, bool mayBePaid)
    {
        if (note.EndsJob)
            await EndAsync(vaultId, note.CorrelationId, JobEnd.Completed(note.Time, NoteStamps.Without(note.Details)));
        await grains
            .GetGrain<IActivityLogWriter>(vaultId.ToString())
            .AppendOnceAsync(note.Caller, note.Operation, note.CorrelationId, note.Details, mayBePaid);
    }

    /// <summary>True while the job has not ended and its process lives.</summary>
    public async Task<bool> IsRunningAsync(VaultId vaultId, Guid jobId) =>
        await ledger.FindAsync(vaultId, jobId) is { End: null } job && liveness.IsAlive(job.Start.Owner);

    /// <summary>True while the job runs in a process that lives, and when it has ended well.</summary>
    public async Task<bool> StandsAsync(VaultId vaultId, Guid jobId) =>
        await ledger.FindAsync(vaultId, jobId) is { } job
        && (job.End is { } end ? end.Status == JobStatus.Completed : liveness.IsAlive(job.Start.Owner));

    /// <summary>Ends a job whose log entry is owed elsewhere; the first end stands.</summary>
    public Task CloseAsync(VaultId vaultId, Guid jobId, JobEnd end) => EndAsync(vaultId, jobId, end.Bounded());

    /// <summary>Ends a job and logs it.</summary>
    public async Task EndAsync(VaultId vaultId, Guid jobId, string logOperation, JobEnd end)
    {
        end = end.Bounded();
        await EndAsync(vaultId, jobId, end);
        var details =
            end.Errors is [var error, ..] && end.Status == JobStatus.Failed
                ? end.Properties.SetItem("errorCode", error.Code).SetItem("error", error.Message)
                : end.Properties;
        // In a log that knows two ends only.
        if (end.Status == JobStatus.Cancelled)
            details = details.SetItem("jobStatus", nameof(JobStatus.Cancelled));
        var status = end.Status is JobStatus.Completed or JobStatus.CompletedWithWarnings ? LogStatuses.Succeeded : LogStatuses.Failed;
        await LogAsync(vaultId, logOperation, status, jobId, details);
    }

    /// <summary>With the job's last state, which is forgotten only when it is written.</summary>
    private async Task EndAsync(VaultId vaultId, Guid jobId, JobEnd end)
    {
        await ledger.EndAsync(vaultId, jobId, end with { Tasks = running.Find(jobId)?.End(end.Status) ?? [] });
        if (!running.Forget(jobId, end))
            return;
        if (end is { Status: JobStatus.Failed, Errors: [var error, ..] })
            LogFailure(jobId, vaultId, error.Code);
        else
            LogEnd(jobId, vaultId, end.Status);
    }

    [LoggerMessage(1201, LogLevel.Information, "{Operation} begins as job {JobId} of vault {VaultId}.")]
    private partial void LogStart(string operation, Guid jobId, VaultId vaultId);

    [LoggerMessage(1202, LogLevel.Information, "Job {JobId} of vault {VaultId} ended: {Status}.")]
    private partial void LogEnd(Guid jobId, VaultId vaultId, JobStatus status);

    /// <summary>Its message may name files, and stands in the job.</summary>
    [LoggerMessage(1203, LogLevel.Warning, "Job {JobId} of vault {VaultId} failed: {Code}.")]
    private partial void LogFailure(Guid jobId, VaultId vaultId, string code);

    /// <summary>Runs the rest of a job; a failure ends it as failed and goes on to the caller.</summary>
    public async Task<T> FailOnRefusalAsync<T>(VaultId vaultId, Guid jobId, string logOperation, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e)
        {
            // A fault of the program has no code, but must not leave the job running for ever either.
            var refusal = Refusals.Find(e) ?? new VaultException(ErrorCodes.ClientFailed, $"{e.GetType().Name}: {e.Message}");
            // What went wrong first is what the caller must hear, also when the store has no space left to keep it.
            var end = JobEnd.Failed(Now, new JobError(refusal.Code, refusal.Message, refusal.Recommendation));
            await BestEffortAsync(() => EndAsync(vaultId, jobId, logOperation, end));
            if (e is not VaultException && Refusals.Find(e) is null)
                throw;
            throw Noted(refusal);
        }
    }

    /// <summary>
    /// Logs an attempt that was refused before it had a job. The refusal is what the caller must hear, whatever the log does.
    /// </summary>
    public Task LogRefusalAsync(VaultId vaultId, string operation, Guid operationId, VaultException refusal)
    {
        var error = JobEnd.Failed(Now, new JobError(refusal.Code, refusal.Message, refusal.Recommendation)).Bounded().Errors[0];
        var details = ImmutableSortedDictionary<string, string>.Empty.Add("errorCode", error.Code).Add("error", error.Message);
        Noted(refusal);
        return BestEffortAsync(() => LogAsync(vaultId, operation, LogStatuses.Failed, operationId, details));
    }

    /// <summary>
    /// Where the log stands, for a record to remember. Null when the log cannot say: it is damaged or away, and no change waits for that.
    /// </summary>
    public async Task<LogMark?> FindMarkAsync(VaultId vaultId)
    {
        LogMark? mark = null;
        await BestEffortAsync(async () => mark = await grains.GetGrain<IActivityLogWriter>(vaultId.ToString()).GetMarkAsync());
        return mark;
    }

    public Task LogAsync(
        VaultId vaultId,
        string operation,
        string status,
        Guid correlationId,
        ImmutableSortedDictionary<string, string> details
    ) => grains.GetGrain<IActivityLogWriter>(vaultId.ToString()).AppendAsync(Caller.Current, operation, status, correlationId, details);

    public Task LogAsync(VaultId vaultId, string operation, Guid correlationId, params IEnumerable<KeyValuePair<string, string>> details) =>
        LogAsync(vaultId, operation, LogStatuses.Succeeded, correlationId, details.ToImmutableSortedDictionary(StringComparer.Ordinal));

    /// <summary>
    /// For records that must not stand in the way: a restore goes on when the store has no space for them, or when the log is damaged.
    /// </summary>
    public static async Task BestEffortAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (Exception e) when (Refusals.Find(e) is not null)
        {
            // What it stands beside needs nothing written; that its job or entry is missing is the lesser harm.
        }
    }
}

/// <summary>Values of an activity entry's status.</summary>
public static class LogStatuses
{
    public const string Succeeded = nameof(Succeeded);
    public const string Failed = nameof(Failed);
}
