using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Files.Restore;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Restores;
using RecoveryVault.Telemetry;

namespace RecoveryVault;

public sealed partial class VaultClient
{
    /// <summary>Restores a recovery point, or some paths of it, and returns when everything is on disk.</summary>
    /// <exception cref="VaultException">
    /// RecoveryPointNotFound, PathNotFound, a target's code, a key code, a damage code; a restore that fails before its
    /// first file leaves the target as it was.
    /// </exception>
    public async Task<RestoreReport> RestoreAsync(
        IProtectedItemGrain item,
        RestoreOptions options,
        CancellationToken cancellation = default
    )
    {
        var started = time.GetTimestamp();
        var target = RestoreTarget.Prepare(options.Target, options.Overwrite);
        try
        {
            return await ReadAsync(
                item,
                new BeginRestore(Guid.NewGuid(), options.RecoveryPoint, RestorePurpose.Restore, options.Target),
                options.Counters,
                async (ticket, channel, cancel) =>
                {
                    await using var alive = KeepAlive(channel);
                    using var restore = new TreeRestore(target, channel, options, ticket.Source.Kind);
                    if (options.Include.Count == 0)
                        options.Counters.BytesTotal = ticket.RecoveryPoint.SizeBytes;
                    await restore.RunAsync(ticket.Catalogue, cancel);
                    var report = new RestoreReport
                    {
                        JobId = ticket.JobId,
                        RecoveryPoint = ticket.RecoveryPoint.Name,
                        Entries = options.Counters.Entries,
                        Bytes = options.Counters.Bytes,
                        NeverRead = restore.NeverRead,
                        Failed = restore.Failed,
                        Damaged = restore.Damaged,
                        Lost = restore.Lost,
                        Notes = restore.Notes.ToString(),
                        Duration = time.GetElapsedTime(started),
                    };
                    return (
                        report,
                        StatusOf(report),
                        new Dictionary<string, string>
                        {
                            ["entries"] = $"{report.Entries}",
                            ["bytes"] = $"{report.Bytes}",
                            ["target"] = options.Target,
                        }
                    );
                },
                cancellation
            );
        }
        finally
        {
            target.Dispose();
        }
    }

    /// <summary>The entries of a recovery point at and below a path.</summary>
    /// <exception cref="VaultException">RecoveryPointNotFound, a key code, a damage code.</exception>
    public async IAsyncEnumerable<CatalogueEntry> ListFilesAsync(
        IProtectedItemGrain item,
        string? recoveryPoint,
        RelativePath path,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        var begin = new BeginRestore(Guid.NewGuid(), recoveryPoint, RestorePurpose.Browse);
        var ticket = await WhenThereIsRoomAsync(() => item.BeginRestoreAsync(begin), cancellation);
        try
        {
            var channel = await dataPlane.OpenRestoreAsync(ticket.Session, cancellation);
            await using var alive = KeepAlive(channel);
            await foreach (var entry in new CatalogueSource(channel).ReadAsync(ticket.Catalogue, path, cancellation))
                yield return entry;
        }
        finally
        {
            await EndAsync(item, new EndRestore(ticket.Session.SessionId, JobStatus.Completed, [], new Dictionary<string, string>()));
        }
    }

    /// <summary>
    /// Checks that a recovery point can be restored: its catalogue is read whole, and every chunk is looked up, or with
    /// <see cref="VerifyOptions.ReadData"/> read, opened and compared with its digest.
    /// </summary>
    public Task<VerifyReport> VerifyAsync(IProtectedItemGrain item, VerifyOptions options, CancellationToken cancellation = default)
    {
        var started = time.GetTimestamp();
        return ReadAsync(
            item,
            new BeginRestore(Guid.NewGuid(), options.RecoveryPoint, RestorePurpose.Verify),
            options.Counters,
            async (ticket, channel, cancel) =>
            {
                await using var alive = KeepAlive(channel);
                using var verification = new TreeVerification(channel, options);
                options.Counters.BytesTotal = ticket.RecoveryPoint.SizeBytes;
                await verification.RunAsync(ticket.Catalogue, cancel);
                var report = new VerifyReport(
                    ticket.JobId,
                    ticket.RecoveryPoint.Name,
                    options.ReadData,
                    options.Counters.Entries,
                    options.Counters.Bytes,
                    verification.Damaged,
                    time.GetElapsedTime(started)
                )
                {
                    Lost = verification.Lost,
                };
                var status = report.Damaged + report.Lost == 0 ? JobStatus.Completed : JobStatus.Failed;
                return (
                    report,
                    status,
                    new Dictionary<string, string>
                    {
                        ["entries"] = $"{report.Entries}",
                        ["bytes"] = $"{report.Bytes}",
                        ["damagedFiles"] = $"{report.Damaged}",
                    }
                );
            },
            cancellation
        );
    }

    private SessionKeepAlive KeepAlive(IRestoreChannel channel) => new(async cancel => await channel.CheckAsync([], cancel), time);

    /// <summary>Runs the work of one reading session and ends its job, whatever happens.</summary>
    private async Task<T> ReadAsync<T>(
        IProtectedItemGrain item,
        BeginRestore request,
        RestoreCounters counters,
        Func<
            RestoreTicket,
            IRestoreChannel,
            CancellationToken,
            Task<(T Report, JobStatus Status, Dictionary<string, string> Properties)>
        > work,
        CancellationToken cancellation
    )
    {
        using var span = VaultTraces.Start(request.Purpose == RestorePurpose.Verify ? "rvault.verify" : "rvault.restore");
        Task<RestoreTicket> BeginAsync(BeginRestore begin, CancellationToken cancel) =>
            WhenThereIsRoomAsync(() => item.BeginRestoreAsync(begin), cancel);
        var ticket = await BeginAsync(request, cancellation);
        var restarts = new SessionRestarts(Patience, time);
        using var session = new ReadingSession(BeginAsync, request, ticket, dataPlane, restarts, jobId => FindEndAsync(item, jobId));
        try
        {
            await using var progress = new SessionProgress(() => IsWantedAsync(item, session, counters), time, cancellation);
            var (report, status, properties) = await work(ticket, session, progress.Stopping);
            // What was read counts though its session is gone, unless somebody stopped it.
            if (!await progress.ReportAsync() && await FindEndAsync(item, session.Ticket.JobId) is { Code: ErrorCodes.JobCancelled } stop)
                throw stop;
            await EndAsync(item, new EndRestore(session.Ticket.Session.SessionId, status, [], properties));
            return report;
        }
        catch (Exception e)
        {
            var sessionId = session.Ticket.Session.SessionId;
            var explained = await ExplainAsync(item, session.Ticket.JobId, e, cancellation);
            span.Fail(explained);
            var end = IsStopped(e, cancellation)
                ? new EndRestore(sessionId, JobStatus.Cancelled, [], new Dictionary<string, string>())
                : new EndRestore(sessionId, JobStatus.Failed, [ErrorOf(e)], new Dictionary<string, string>());
            await EndAsync(item, end, e);
            if (explained != e)
                throw explained;
            throw;
        }
    }

    /// <summary>Says how far it is; false when nobody wants it any more. A session that is lost may begin again.</summary>
    private async Task<bool> IsWantedAsync(IProtectedItemGrain item, ReadingSession session, RestoreCounters counters)
    {
        var ticket = session.Ticket;
        var progress = new ReportProgress(ticket.Session.SessionId, counters.Entries, counters.Bytes, counters.BytesTotal);
        if (await item.ReportProgressAsync(progress))
            return true;
        return Patience > TimeSpan.Zero && await FindEndAsync(item, ticket.JobId) is not { Code: ErrorCodes.JobCancelled };
    }

    /// <summary>
    /// What was read counts, or the caller throws the cause: that this call failed too never hides either. A session that was not ended
    /// ends by itself.
    /// </summary>
    private static async Task EndAsync(IProtectedItemGrain item, EndRestore end, Exception? cause = null)
    {
        try
        {
            await item.EndRestoreAsync(end);
        }
        catch (Exception second)
        {
            if (cause is not null)
                FailureNotes.Add(cause, "The silo did not hear that reading ended", second);
        }
    }

    private static JobStatus StatusOf(RestoreReport report) =>
        report.Failed + report.Damaged + report.Lost > 0 ? JobStatus.Failed
        : report.NeverRead > 0 ? JobStatus.CompletedWithWarnings
        : JobStatus.Completed;
}
