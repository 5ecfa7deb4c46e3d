using System.Text;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Jobs;

namespace RecoveryVault.Items;

public sealed partial class ProtectedItemGrain
{
    private const string BackupOperation = "Backup";

    public async Task<BackupTicket> BeginBackupAsync(BeginBackup request)
    {
        var settings = Item.RequireSettings();
        var source = request.SourcePath is { } path ? settings.Source with { Path = path } : settings.Source;
        RequireBounded(source);
        if (FindCommitted(request.OperationId) is { } committed)
            return new BackupTicket(committed.JobId, null, source, OutcomeOf(committed));
        var jobId = await Journal.StartAsync(Key.VaultId, JobOperations.Backup, settings.Name);
        return await Journal.FailOnRefusalAsync(
            Key.VaultId,
            jobId,
            BackupOperation,
            () => OpenBackupAsync(request.OperationId, jobId, source)
        );
    }

    private async Task<BackupTicket> OpenBackupAsync(Guid operationId, Guid jobId, ItemSource source)
    {
        var keys = await RequireCurrentKeyAsync();
        await RequireWrappingKeyAsync(keys);
        var slot = new WriterSlot(Guid.NewGuid(), operationId, jobId, _parts.Liveness.Self, Journal.Now);
        await UpdateAsync(_ => Item.Slot == slot ? Item : Item.TakeSlot(slot, IsAlive));
        try
        {
            var session = await BackupSession.OpenAsync(_parts.Store, await OpenSecretsAsync(keys), _parts.Gate, _parts.Time);
            WatchSessions();
            return new BackupTicket(jobId, _parts.Sessions.Add(slot.SessionId, session), source);
        }
        catch
        {
            await UpdateAsync(_ => Item.ReleaseSlot(slot.SessionId));
            throw;
        }
    }

    public async Task<BackupOutcome> CommitBackupAsync(CommitBackup request)
    {
        if (FindCommitted(request.OperationId) is { } committed)
            return OutcomeOf(committed);
        var slot = Item.Slot;
        var session = _parts.Sessions.Find<BackupSession>(request.SessionId);
        if (session is null || slot?.SessionId != request.SessionId || slot.OperationId != request.OperationId)
            throw new VaultException(ErrorCodes.SessionLost, $"Session {request.SessionId} has ended or does not hold the item.");
        if (request.Warnings.Count > CommitBackup.MaxWarnings)
            throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"A commit names at most {CommitBackup.MaxWarnings} warnings, got {request.Warnings.Count}."
            );
        return await Journal.FailOnRefusalAsync(
            Key.VaultId,
            slot.JobId,
            BackupOperation,
            async () =>
            {
                try
                {
                    return await CommitAsync(request, slot, session);
                }
                catch
                {
                    await EndSessionAsync(request.SessionId);
                    throw;
                }
            }
        );
    }

    /// <summary>
    /// Chunks and index, then the manifest, then its head, each durable and read back; then the one
    /// conditional write that makes the recovery point.
    /// </summary>
    private async Task<BackupOutcome> CommitAsync(CommitBackup request, WriterSlot slot, BackupSession session)
    {
        await session.FinishAsync();
        if (!session.IsStored(request.Catalogue.Node))
            throw new VaultException(ErrorCodes.InvalidRequest, "The catalogue's root was never stored.");
        Item.RequireSlot(slot.SessionId);
        var manifest = ManifestOf(request);
        var (name, headHash) = await session.WriteManifestAsync(manifest);
        var head = new RecoveryPointHead
        {
            Name = manifest.RecoveryPoint,
            Seq = manifest.Seq,
            Time = manifest.Time,
            HeadHash = headHash.ToString(),
            PrevHash = manifest.PrevHash.ToString(),
            Manifest = name,
            Statistics = request.Statistics,
            KeyIdAtBackup = Item.KeyId,
            OperationId = request.OperationId,
            JobId = slot.JobId,
            BytesNew = session.BytesNew,
            BytesStored = session.BytesStored,
        };
        await _parts.RecoveryPoints.WriteAsync(Key.ItemId, head);
        await UpdateAsync(_ =>
            FindCommitted(request.OperationId) is null ? Item.Commit(slot.SessionId, head with { KeyIdAtBackup = Item.KeyId }) : Item
        );
        await _parts.Sessions.EndAsync(slot.SessionId);
        await EndJobAsync(request, slot.JobId, head);
        return OutcomeOf(head);
    }

    private Manifest ManifestOf(CommitBackup request)
    {
        var (item, now) = (Item, Journal.Now);
        var source = item.RequireSettings().Source;
        var counts = request.Statistics;
        return new Manifest
        {
            VaultId = Key.VaultId,
            ItemId = Key.ItemId,
            RecoveryPoint = ItemRecord.RecoveryPointName(now, item.NextSeq),
            Seq = item.NextSeq,
            PrevHash = new HeadHash(Bytes32.Parse(item.Newest?.HeadHash ?? ItemRecord.NoHead)),
            Kind = source.Kind,
            Time = now,
            OperationId = request.OperationId.ToString(),
            Catalogue = request.Catalogue,
            Statistics = new ManifestStatistics(
                counts.Entries,
                counts.Files,
                counts.Directories,
                counts.SizeBytes,
                counts.FilesUnreadable,
                counts.FilesExcluded
            ),
            Source = new ManifestSource(source.Host, Encoding.UTF8.GetBytes(source.Path)),
        };
    }

    private Task EndJobAsync(CommitBackup request, Guid jobId, RecoveryPointHead head)
    {
        var end = JobEnd.Completed(
            Journal.Now,
            new("recoveryPoint", head.Name),
            new("headHash", head.HeadHash),
            new("keyId", head.KeyIdAtBackup),
            new("bytesNew", $"{head.BytesNew}"),
            new("bytesStored", $"{head.BytesStored}"),
            new("filesUnreadable", $"{request.Statistics.FilesUnreadable}")
        );
        if (request.Statistics.FilesUnreadable > 0)
            end = end with { Status = JobStatus.CompletedWithWarnings, Errors = [.. request.Warnings] };
        return Journal.EndAsync(Key.VaultId, jobId, BackupOperation, end);
    }

    public async Task AbandonBackupAsync(AbandonBackup request)
    {
        if (Item.Slot is not { } slot || slot.SessionId != request.SessionId)
            return;
        await EndSessionAsync(slot.SessionId);
        var end = request.Error is { } error
            ? JobEnd.Failed(Journal.Now, error)
            : JobEnd.Completed(Journal.Now) with
            {
                Status = JobStatus.Cancelled,
            };
        await Journal.EndAsync(Key.VaultId, slot.JobId, BackupOperation, end);
    }

    private async Task EndSessionAsync(Guid sessionId)
    {
        await _parts.Sessions.EndAsync(sessionId);
        await UpdateAsync(_ => Item.ReleaseSlot(sessionId));
    }

    private bool IsAlive(WriterSlot slot) =>
        slot.Owner == _parts.Liveness.Self ? _parts.Sessions.Contains(slot.SessionId) : _parts.Liveness.IsAlive(slot.Owner);

    private RecoveryPointHead? FindCommitted(Guid operationId) => Item.Heads.FirstOrDefault(h => h.OperationId == operationId);

    private BackupOutcome OutcomeOf(RecoveryPointHead head) =>
        new()
        {
            JobId = head.JobId,
            Status = head.Statistics.FilesUnreadable > 0 ? JobStatus.CompletedWithWarnings : JobStatus.Completed,
            RecoveryPoint = Item.ToSummary(head),
            BytesNew = head.BytesNew,
            BytesStored = head.BytesStored,
        };
}
