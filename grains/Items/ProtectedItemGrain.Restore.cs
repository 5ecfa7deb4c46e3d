using System.Collections.Immutable;
using RecoveryVault.Access;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Telemetry;

namespace RecoveryVault.Items;

public sealed partial class ProtectedItemGrain
{
    private readonly Dictionary<Guid, OpenRestore> _restores = [];

    /// <summary>Sessions being opened: they have looked already, or are about to.</summary>
    private readonly HashSet<Guid> _opening = [];

    /// <summary>Sessions there were when packs were condemned last: they may still read them.</summary>
    private HashSet<Guid> _earlierReaders = [];

    private IEnumerable<Guid> Readers => _restores.Keys.Concat(_opening);

    /// <param name="Seq">The recovery point that is read: neither expired nor purged meanwhile.</param>
    private sealed record OpenRestore(Guid? JobId, string LogOperation, long Seq);

    /// <summary>
    /// A restore must run when the store is full: its job and log entry are then left out. The key vault is asked to
    /// unwrap only, so an expired key restores.
    /// </summary>
    public async Task<RestoreTicket> BeginRestoreAsync(BeginRestore request)
    {
        var operation = request.Purpose switch
        {
            RestorePurpose.Restore => JobOperations.Restore,
            RestorePurpose.Verify => JobOperations.Verify,
            RestorePurpose.Browse => null,
            _ => throw new VaultException(ErrorCodes.InvalidRequest, $"'{request.Purpose}' is no purpose of a restore."),
        };
        using var place = Reserve(request.OperationId);
        Guid? jobId = null;
        if (operation is not null)
            await Journal.BestEffortAsync(async () =>
                jobId = await Journal.StartAsync(Key.VaultId, operation, Item.RequireSettings().Name, Key.ItemId)
            );
        var sessionId = Guid.NewGuid();
        _opening.Add(sessionId);
        try
        {
            var ticket = await VaultTraces.RunAsync("rvault.restore.begin", _ => OpenRestoreAsync(request, jobId, sessionId, place));
            if (jobId is { } id)
                Journal.Enter(id, operation == JobOperations.Verify ? JobTasks.VerifyData : JobTasks.RestoreFiles);
            _restores[sessionId] = new OpenRestore(jobId, operation ?? "Browse", ticket.RecoveryPoint.Seq);
            return ticket;
        }
        catch (Exception e) when (Refusals.Find(e) is { } refusal)
        {
            var end = JobEnd.Failed(Journal.Now, new JobError(refusal.Code, refusal.Message, refusal.Recommendation));
            if (jobId is { } id)
            {
                await Journal.BestEffortAsync(() => Journal.EndAsync(Key.VaultId, id, operation ?? "", end));
                Journal.Noted(refusal);
            }
            // Looking changes nothing; a first backup looks for an earlier point in vain.
            if (operation is null)
                Journal.Noted(refusal);
            throw refusal;
        }
        finally
        {
            _opening.Remove(sessionId);
        }
    }

    /// <summary>What reads beside a backup of the item shares its index, and its place.</summary>
    private SessionPlace Reserve(Guid operationId) =>
        FindOpenBackup() is null
            ? _parts.Sessions.Reserve(operationId, Caller.Connection)
            : _parts.Sessions.ReserveBeside(Caller.Connection);

    private BackupSession? FindOpenBackup() =>
        _backups.Keys.Select(_parts.Sessions.Find<BackupSession>).FirstOrDefault(session => session is not null);

    private async Task<RestoreTicket> OpenRestoreAsync(BeginRestore request, Guid? jobId, Guid sessionId, SessionPlace place)
    {
        var deletions = await FindDeletionsAsync();
        var head = await FindHeadAsync(request.RecoveryPoint, deletions);
        if (deletions.Find(head.Seq) is { } deletion)
            throw new VaultException(
                ErrorCodes.RecoveryPointSoftDeleted,
                $"Recovery point {head.Name} is deleted, and may be purged from {Text(deletion.PurgeAfter)} on."
            );
        var secrets = await OpenSecretsAsync(await Vault.GetKeyContextAsync());
        var session = FindOpenBackup() is { } backup
            ? RestoreSession.OpenBeside(backup, _parts.Store, secrets, _parts.Time)
            : await RestoreSession.OpenAsync(_parts.Store, secrets, _parts.Time, Item.CondemnedPacks);
        try
        {
            var manifest = await session.ReadManifestAsync(head);
            WatchSessions();
            WatchPermit(sessionId, secrets.Permit);
            return new RestoreTicket
            {
                JobId = jobId,
                Session = _parts.Sessions.Add(sessionId, session, place),
                RecoveryPoint = Item.ToSummary(head, deletions),
                Catalogue = manifest.Catalogue,
                Source = Item.RequireSettings().Source with { Kind = manifest.Kind },
                Statistics = head.Statistics,
            };
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    public async Task EndRestoreAsync(EndRestore request)
    {
        // Only this item's own: whoever may read one item may not end the sessions of another.
        if (!_restores.Remove(request.SessionId, out var restore))
            return;
        await _parts.Sessions.EndAsync(request.SessionId);
        if (restore.JobId is not { } jobId)
            return;
        var end = new JobEnd(
            request.Status,
            Journal.Now,
            [.. request.Errors.Take(CommitBackup.MaxWarnings)],
            request.Properties.ToImmutableSortedDictionary(StringComparer.Ordinal)
        );
        await Journal.BestEffortAsync(() => Journal.EndAsync(Key.VaultId, jobId, restore.LogOperation, end));
    }
}
