using System.Runtime.ExceptionServices;
using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Files;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Telemetry;
using RecoveryVault.Vaults;

namespace RecoveryVault;

public sealed partial class VaultClient
{
    /// <summary>
    /// Protects an item. The vault records the attempt before the source is looked at: a source that is missing or cannot be read fails and
    /// still counts as an attempted protection.
    /// </summary>
    public static async Task ProtectAsync(NamedVault vault, string itemName, ItemSource source, CancellationToken cancellation = default)
    {
        // A pattern that cannot be read is wrong usage, and no attempt.
        foreach (var pattern in source.Excludes)
            GlobPattern.Parse(pattern);
        cancellation.ThrowIfCancellationRequested();
        var ticket = await vault.Vault.AttemptProtectionAsync(new AttemptProtection(Guid.NewGuid(), itemName));
        try
        {
            // Opens it as a backup would, and reads nothing.
            if (source.Kind != ContentKind.Stream)
                source = Look(source);
        }
        catch (VaultException e)
        {
            throw await FailProtectionAsync(vault, new FailProtection(ticket, itemName, e.Code, e.Message), e);
        }
        await vault.Vault.CompleteProtectionAsync(new CompleteProtection(ticket, itemName, source));
    }

    /// <summary>
    /// Asks for the protection of something that is no source of files, as people do who know Azure Backup. It is always refused; on a
    /// vault with platform-managed keys the attempt counts all the same.
    /// </summary>
    /// <exception cref="VaultException">UserErrorCMKMarsNotSupported, UserErrorCMKClassicVmNotSupported, WorkloadNotSupported.</exception>
    public static Task ProtectWorkloadAsync(NamedVault vault, string itemName, string workload) =>
        vault.Vault.AttemptProtectionAsync(new AttemptProtection(Guid.NewGuid(), itemName, workload));

    private static ItemSource Look(ItemSource source)
    {
        using var walker = new FileWalker(source.Path, new WalkOptions(), _ => { });
        return walker.IsDevice ? source with { Kind = ContentKind.Image } : source;
    }

    private static async Task<VaultException> FailProtectionAsync(NamedVault vault, FailProtection failure, VaultException cause)
    {
        try
        {
            await vault.Vault.FailProtectionAsync(failure);
            var kind = (await vault.Vault.GetEncryptionAsync()).EncryptionAtRestType;
            return new VaultException(
                cause.Code,
                $"{cause.Message} The attempt is recorded: the vault's kind of key ({kind}) is settled from now on.",
                cause.Recommendation
            );
        }
        catch (Exception second)
        {
            FailureNotes.Add(cause, "The vault did not hear of the failed attempt", second);
            return cause;
        }
    }

    /// <summary>Backs an item up and returns when its recovery point is durable.</summary>
    /// <exception cref="VaultException">
    /// BackupInProgress, StoreFull, SourceNotFound, SourceUnreadable, CommandFailed, a key code …; the job says the
    /// same, earlier recovery points are untouched.
    /// </exception>
    public async Task<BackupReport> BackUpAsync(IProtectedItemGrain item, BackupOptions options, CancellationToken cancellation = default)
    {
        var begin = new BeginBackup(Guid.NewGuid(), options.SourcePath, options.OpenStream is not null, options.RetainUntil);
        var started = time.GetTimestamp();
        // A stream is read once, and so is what is recorded for a comparison.
        var mayRestart = options.OpenStream is null && options.Record is null;
        var restarts = new SessionRestarts(mayRestart ? Patience : TimeSpan.Zero, time);
        while (true)
        {
            try
            {
                var (outcome, statistics) = await RunSessionAsync(item, begin, options, restarts, cancellation);
                return new BackupReport(outcome, statistics, time.GetElapsedTime(started));
            }
            catch (VaultException e) when (restarts.Allows(e))
            {
                if (restarts.IsNews)
                    options.OnRestart?.Invoke(e);
                await restarts.PauseAsync(cancellation);
                options.Counters.Reset();
            }
        }
    }

    /// <summary>One session of a backup, from its begin to its commit; the same operation whichever session it is.</summary>
    private async Task<(BackupOutcome Outcome, BackupStatistics Statistics)> RunSessionAsync(
        IProtectedItemGrain item,
        BeginBackup begin,
        BackupOptions options,
        SessionRestarts restarts,
        CancellationToken cancellation
    )
    {
        var ticket = await WhenThereIsRoomAsync(() => item.BeginBackupAsync(begin), cancellation);
        if (ticket.Committed is { } committed)
            return (committed, restarts.LastRead ?? new BackupStatistics());
        if (ticket.Session is not { } session)
            throw new VaultException(ErrorCodes.SessionLost, "The backup was begun without a session.");
        try
        {
            var channel = await dataPlane.OpenBackupAsync(session, cancellation);
            restarts.Opened();
            await using var alive = new SessionKeepAlive(async cancel => await channel.FindNewAsync([], cancel), time);
            await using var progress = new SessionProgress(
                () => item.ReportProgressAsync(new(session.SessionId, options.Counters.Entries, options.Counters.BytesRead, 0)),
                time,
                cancellation
            );
            var read = options.OpenStream is { } open
                ? await ReadStreamAsync(item, open, channel, options, progress.Stopping)
                : await ReadTreeAsync(item, ticket.Source, channel, options, progress.Stopping);
            restarts.LastRead = read.Statistics;
            var commit = new CommitBackup
            {
                OperationId = begin.OperationId,
                SessionId = session.SessionId,
                Catalogue = read.Catalogue,
                Statistics = read.Statistics,
                Warnings = read.Warnings,
            };
            return (await CommitAsync(item, commit), read.Statistics);
        }
        catch (Exception e)
        {
            var explained = await ExplainAsync(item, ticket.JobId, e, cancellation);
            // What begins again takes the session's place, or finds it still there.
            if (!restarts.Allows(explained))
                await AbandonAsync(item, session.SessionId, explained, IsStopped(e, cancellation));
            if (explained != e)
                throw explained;
            throw;
        }
    }

    private async Task<BackupReading> ReadTreeAsync(
        IProtectedItemGrain item,
        ItemSource source,
        IBackupChannel channel,
        BackupOptions options,
        CancellationToken cancellation
    )
    {
        using var span = VaultTraces.Start("rvault.backup.read");
        await using var previous = await OpenPreviousAsync(item, channel, options, cancellation);
        using var backup = new TreeBackup(source.Path, source, channel, options, time.GetUtcNow(), previous?.Files);
        var catalogue = await backup.RunAsync(cancellation);
        return new BackupReading(catalogue, backup.Statistics, backup.Warnings);
    }

    private async Task<BackupReading> ReadStreamAsync(
        IProtectedItemGrain item,
        Func<Stream> open,
        IBackupChannel channel,
        BackupOptions options,
        CancellationToken cancellation
    )
    {
        using var span = VaultTraces.Start("rvault.backup.read");
        using var backup = new StreamBackup((await item.GetAsync()).Name, time.GetUtcNow(), channel, options);
        await using var content = open();
        return await backup.RunAsync(content, cancellation);
    }

    /// <summary>
    /// A commit whose answer was lost may have happened, and the same operation id is answered as the first time: only a refusal is final.
    /// </summary>
    private static async Task<BackupOutcome> CommitAsync(IProtectedItemGrain item, CommitBackup commit)
    {
        try
        {
            return await item.CommitBackupAsync(commit);
        }
        catch (Exception first) when (first is not VaultException { Code: not ErrorCodes.StoreUnavailable })
        {
            try
            {
                return await item.CommitBackupAsync(commit);
            }
            catch (Exception again)
            {
                // A refusal says what became of it; a lost session only that it did not happen, and anything else says nothing.
                if (again is VaultException { Code: not ErrorCodes.SessionLost })
                {
                    FailureNotes.Add(again, "The first attempt to commit", first);
                    throw;
                }
                FailureNotes.Add(first, "The second attempt to commit", again);
                ExceptionDispatchInfo.Throw(first);
                throw;
            }
        }
    }

    /// <summary>
    /// The latest recovery point, to find unchanged files by; null when there is none or it cannot be opened, and when everything is to be
    /// read. The writer slot is held: nothing it refers to is reclaimed meanwhile.
    /// </summary>
    private async Task<PreviousPoint?> OpenPreviousAsync(
        IProtectedItemGrain item,
        IBackupChannel channel,
        BackupOptions options,
        CancellationToken cancellation
    )
    {
        // What is recorded for a later comparison is what was read.
        if (options.Rescan || options.Record is not null)
            return null;
        try
        {
            var ticket = await item.BeginRestoreAsync(new BeginRestore(Guid.NewGuid(), null, RestorePurpose.Browse));
            try
            {
                var previous = await dataPlane.OpenRestoreAsync(ticket.Session, cancellation);
                var files = new PreviousFiles(previous, ticket.Catalogue, channel);
                return new PreviousPoint(item, ticket.Session.SessionId, files, KeepAlive(previous));
            }
            catch
            {
                await PreviousPoint.EndAsync(item, ticket.Session.SessionId);
                throw;
            }
        }
        catch (VaultException)
        {
            return null;
        }
    }

    /// <summary>The reading session beside a backup.</summary>
    private sealed class PreviousPoint(IProtectedItemGrain item, Guid sessionId, PreviousFiles files, SessionKeepAlive alive)
        : IAsyncDisposable
    {
        public PreviousFiles Files => files;

        public async ValueTask DisposeAsync()
        {
            await alive.DisposeAsync();
            await files.DisposeAsync();
            await EndAsync(item, sessionId);
        }

        public static Task EndAsync(IProtectedItemGrain item, Guid sessionId) =>
            VaultClient.EndAsync(item, new EndRestore(sessionId, JobStatus.Completed, [], new Dictionary<string, string>()));
    }

    /// <summary>
    /// Tells the silo why nothing more will come. If even that fails, the session ends by itself, and
    /// the first failure is the one to report.
    /// </summary>
    private static async Task AbandonAsync(IProtectedItemGrain item, Guid sessionId, Exception cause, bool isStopped)
    {
        try
        {
            await item.AbandonBackupAsync(new AbandonBackup(sessionId, isStopped ? null : ErrorOf(cause)));
        }
        catch (Exception second)
        {
            FailureNotes.Add(cause, "The silo did not hear that the backup ended", second);
        }
    }

    /// <summary>Whether somebody stopped it (Ctrl-C): then its job is cancelled, and has not failed.</summary>
    private static bool IsStopped(Exception cause, CancellationToken cancellation) =>
        cause is OperationCanceledException && cancellation.IsCancellationRequested;

    private static JobError ErrorOf(Exception cause) =>
        cause switch
        {
            VaultException e => new JobError(e.Code, e.Message, e.Recommendation),
            OperationCanceledException => ErrorOf(ErrorCodes.JobInterrupted, "It was interrupted."),
            _ => ErrorOf(ErrorCodes.ClientFailed, cause.Message),
        };

    private static JobError ErrorOf(string code, string message) => new(code, message, ErrorTable.Find(code)?.Fix ?? "");
}
