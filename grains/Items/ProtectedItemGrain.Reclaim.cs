using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Reclaim;

namespace RecoveryVault.Items;

public sealed partial class ProtectedItemGrain
{
    private const string ReclaimOperation = "Reclaim";

    /// <summary>The one that runs, or the last one that did: whoever watched it asks once more.</summary>
    private RunningReclaim? _reclaim;

    private sealed record RunningReclaim(BeginReclaim Request, ReclaimTicket Ticket, ReclaimSession Session)
    {
        public TaskCompletionSource<ReclaimOutcome> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsRunning => !Ended.Task.IsCompleted;
    }

    public async Task<ReclaimTicket> BeginReclaimAsync(BeginReclaim request)
    {
        var settings = Item.RequireSettings();
        if (_reclaim is { } known && known.Request == request)
            return known.Ticket;
        using var place = Reserve(request.OperationId);
        if (request.IsDryRun)
            return await ForeseeReclaimAsync(request, place);
        var jobId = await Journal.StartAsync(Key.VaultId, JobOperations.ReclaimSpace, settings.Name, Key.ItemId);
        return await Journal.FailOnRefusalAsync(Key.VaultId, jobId, ReclaimOperation, () => OpenReclaimAsync(request, jobId, place));
    }

    /// <summary>A dry run waits for whoever a reclaim would wait for, or its figures would be of a moment in somebody's work.</summary>
    private async Task<ReclaimTicket> ForeseeReclaimAsync(BeginReclaim request, SessionPlace place)
    {
        var slot = new WriterSlot(Guid.NewGuid(), request.OperationId, Guid.Empty, _parts.Liveness.Self, Journal.Now)
        {
            Kind = WriterKind.Reclaim,
        };
        Item.TakeSlot(slot, IsAlive);
        return Start(request, new ReclaimTicket(slot.SessionId, null), await OpenReclaimSessionAsync(isDryRun: true), place);
    }

    private async Task<ReclaimTicket> OpenReclaimAsync(BeginReclaim request, Guid jobId, SessionPlace place)
    {
        var slot = new WriterSlot(Guid.NewGuid(), request.OperationId, jobId, _parts.Liveness.Self, Journal.Now)
        {
            Kind = WriterKind.Reclaim,
        };
        await TakeSlotAsync(slot);
        try
        {
            return Start(request, new ReclaimTicket(slot.SessionId, jobId), await OpenReclaimSessionAsync(isDryRun: false), place);
        }
        catch
        {
            await Journal.BestEffortAsync(() => UpdateAsync(_ => Item.ReleaseSlot(slot.SessionId)));
            throw;
        }
    }

    /// <summary>A deleted item of which nothing is left after this purge is freed without its key, which may be revoked.</summary>
    private async Task<ReclaimSession> OpenReclaimSessionAsync(bool isDryRun)
    {
        var keys = await Vault.GetKeyContextAsync();
        RequireLive(keys);
        var isEmptied = Item.RequireSettings().State == ProtectionState.SoftDeleted && IsEmptyAfter(await FindDueAsync(isDryRun));
        return new ReclaimSession(isEmptied ? null : await OpenSecretsAsync(keys), _parts.Time);

        bool IsEmptyAfter(PurgePlan plan) =>
            plan.Outcome.Waiting == 0 && Item.AvailableCount(_known?.Deletions ?? Deletions.None(Key)) == 0;
    }

    /// <summary>
    /// From here on it runs beside the calls to this grain, in turns of its own; its reading and writing runs outside of it.
    /// </summary>
    private ReclaimTicket Start(BeginReclaim request, ReclaimTicket ticket, ReclaimSession session, SessionPlace place)
    {
        _parts.Sessions.Add(ticket.SessionId, session, place);
        _reclaim = new RunningReclaim(request, ticket, session);
        WatchSessions();
        WatchPermit(ticket.SessionId, session.Secrets?.Permit);
        FollowReclaim(_reclaim);
        _ = RunReclaimAsync(_reclaim);
        return ticket;
    }

    /// <summary>Never throws: what happens is its outcome.</summary>
    private async Task RunReclaimAsync(RunningReclaim run)
    {
        ReclaimOutcome outcome;
        PurgeOutcome? purge = null;
        try
        {
            purge = run.Request.IsDryRun ? await PlanPurgeAsync() : await PurgeDueAsync(run.Ticket.SessionId);
            var report = await ReclaimAsync(run);
            outcome = new ReclaimOutcome(
                report.Warnings.Count > 0 ? JobStatus.CompletedWithWarnings : JobStatus.Completed,
                purge,
                report,
                null
            );
        }
        catch (Exception) when (run.Session.Stopping.IsCancellationRequested)
        {
            outcome = new ReclaimOutcome(JobStatus.Cancelled, purge, null, null);
        }
        catch (Exception e)
        {
            // A fault of the program has no code, but must not leave the job running for ever either.
            var refusal = Refusals.Find(e) ?? new VaultException(ErrorCodes.ReclaimFailed, $"{e.GetType().Name}: {e.Message}");
            outcome = new ReclaimOutcome(
                JobStatus.Failed,
                purge,
                null,
                new JobError(refusal.Code, refusal.Message, refusal.Recommendation)
            );
        }
        await EndReclaimAsync(run, outcome);
    }

    private async Task<ReclaimReport> ReclaimAsync(RunningReclaim run)
    {
        var deletions = await RequireDeletionsAsync();
        if (run.Request.IsDryRun)
            deletions = deletions.Purge((await FindDueAsync(isDryRun: true)).Due);
        var item = Item;
        if (run.Session.Secrets is not { } secrets)
        {
            // An undelete between the look and the purge made it an item like any other.
            if (item.AvailableCount(deletions) != 0 || deletions.SoftDeletedCount != 0)
                throw new VaultException(ErrorCodes.ConcurrentChange, "The item was brought back while it was being purged.");
            var emptied = new EmptiedItem(_parts.Store, Key.ItemId, LedgerOf(run), run.Session.Counters);
            return await run.Session.RunAsync(cancel => emptied.RunAsync(item, run.Request.IsDryRun, cancel));
        }
        var reclaim = new ItemReclaim(_parts.Reclaim, secrets, LedgerOf(run), run.Session.Counters);
        var live = _parts.RecoveryPoints.ListAsync(item, long.MaxValue, deletions);
        return await run.Session.RunAsync(cancel => reclaim.RunAsync(item, live, run.Request.IsDryRun, cancel));
    }

    /// <summary>What the reclaim asks of this grain is done in the grain's turns; it does not wait for a grain that has ended.</summary>
    private ReclaimLedger LedgerOf(RunningReclaim run)
    {
        var turns = TaskScheduler.Current;
        var (sessionId, stopping) = (run.Ticket.SessionId, run.Session.Stopping);
        return new ReclaimLedger(
            packs =>
                InTurn(async () =>
                {
                    await UpdateAsync(_ => Item.Condemn(sessionId, packs));
                    return _earlierReaders = [.. Readers];
                }),
            packs => InTurn(() => UpdateAsync(_ => Item.ConfirmDeleted(sessionId, packs))),
            () => InTurn(() => Task.FromResult(Readers.Any())),
            () => InTurn(() => Task.FromResult(Readers.Any(_earlierReaders.Contains)))
        );

        Task<T> InTurn<T>(Func<Task<T>> work) =>
            Task.Factory.StartNew(work, stopping, TaskCreationOptions.None, turns).Unwrap().WaitAsync(stopping);
    }

    /// <summary>
    /// The job ends, then the slot is given back: where the job's end cannot be written, the next one finds a slot without a session, and
    /// makes up for it.
    /// </summary>
    private async Task EndReclaimAsync(RunningReclaim run, ReclaimOutcome outcome)
    {
        try
        {
            await _parts.Sessions.EndAsync(run.Ticket.SessionId);
            if (run.Ticket.JobId is not { } jobId)
                return;
            var end = EndOf(outcome);
            await Journal.BestEffortAsync(() => Journal.EndAsync(Key.VaultId, jobId, ReclaimOperation, end));
            if (await Journal.IsRunningAsync(Key.VaultId, jobId))
                await Journal.EndAsync(Key.VaultId, jobId, ReclaimOperation, end);
            await UpdateAsync(_ => Item.ReleaseSlot(run.Ticket.SessionId));
        }
        catch (Exception)
        {
            // Nobody waits for this task: who watches must hear of the end all the same.
        }
        finally
        {
            run.Session.Counters.Enter(ReclaimPhase.Ended);
            run.Ended.SetResult(outcome);
        }
    }

    private JobEnd EndOf(ReclaimOutcome outcome)
    {
        var end = JobEnd.Completed(
            Journal.Now,
            new("purged", $"{outcome.Purge?.Purged ?? 0}"),
            new("bytesFreed", $"{outcome.Report?.BytesFreed ?? 0}"),
            new("bytesRewritten", $"{outcome.Report?.BytesRewritten ?? 0}"),
            new("bytesWaiting", $"{outcome.Report?.BytesWaiting ?? 0}")
        );
        return end with { Status = outcome.Status, Errors = outcome.Error is { } error ? [error] : [.. outcome.Report?.Warnings ?? []] };
    }

    public async Task<ReclaimProgress> GetReclaimAsync(Guid sessionId)
    {
        var run = RequireReclaim(sessionId);
        await Task.WhenAny(run.Ended.Task, Task.Delay(IProtectedItemGrain.ReclaimLook, _parts.Time));
        var counters = run.Session.Counters;
        return new ReclaimProgress
        {
            Phase = counters.Phase,
            Steps = counters.Steps,
            Bytes = counters.Bytes,
            TotalBytes = counters.TotalBytes,
            Outcome = run.IsRunning ? null : await run.Ended.Task,
        };
    }

    public Task StopReclaimAsync(Guid sessionId)
    {
        RequireReclaim(sessionId).Session.Stop();
        return Task.CompletedTask;
    }

    private RunningReclaim RequireReclaim(Guid sessionId) =>
        _reclaim is { } run && run.Ticket.SessionId == sessionId
            ? run
            : throw new VaultException(
                ErrorCodes.SessionLost,
                $"No reclaim {sessionId} runs or ran here; see how it ended with 'rvault job list'."
            );
}
