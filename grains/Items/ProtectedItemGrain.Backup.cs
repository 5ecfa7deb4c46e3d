using System.Collections.Immutable;
using System.Text;
using RecoveryVault.Access;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Telemetry;
using RecoveryVault.Vaults;

namespace RecoveryVault.Items;

public sealed partial class ProtectedItemGrain
{
    private const string BackupOperation = "Backup";

    /// <summary>What the sessions opened here read, by session.</summary>
    private readonly Dictionary<Guid, OpenBackup> _backups = [];

    private sealed record OpenBackup(ItemSource Source, DateTimeOffset? RetainUntil);

    public async Task<BackupTicket> BeginBackupAsync(BeginBackup request)
    {
        await SettleAsync();
        var settings = Item.RequireSettings();
        var source = SourceOf(request, settings);
        source.RequireBounded();
        if (Item.FindCommitted(request.OperationId) is { } committed)
            return new BackupTicket(committed.JobId, null, source, OutcomeOf(committed));
        if (FindOpen(request.OperationId) is { } open)
            return open;
        using var place = Reserve(request.OperationId);
        var backup = new OpenBackup(source, RequireRetention(request.RetainUntil));
        var jobId = await Journal.StartAsync(Key.VaultId, JobOperations.Backup, settings.Name, Key.ItemId);
        return await Journal.FailOnRefusalAsync(
            Key.VaultId,
            jobId,
            BackupOperation,
            () => VaultTraces.RunAsync("rvault.backup.begin", _ => OpenBackupAsync(request.OperationId, jobId, backup, place))
        );
    }

    private static ItemSource SourceOf(BeginBackup request, ItemSettings settings) =>
        request.IsStream ? settings.Source with { Path = ItemSource.StreamPath, Kind = ContentKind.Stream }
        : request.SourcePath is { } path
            ? settings.Source with
            {
                Path = path,
                Kind = settings.Source.Kind == ContentKind.Stream ? ContentKind.Tree : settings.Source.Kind,
            }
        : settings.Source.Kind != ContentKind.Stream ? settings.Source
        : throw new VaultException(
            ErrorCodes.InvalidRequest,
            $"Item '{settings.Name}' has no path to read: its content comes as a stream.",
            "Pipe it in with --stdin, or name the command that writes it after --stdin-from-command --."
        );

    /// <summary>The ticket of an operation whose first answer was lost.</summary>
    private BackupTicket? FindOpen(Guid operationId) =>
        Item.Slot is { } slot
        && slot.OperationId == operationId
        && _backups.TryGetValue(slot.SessionId, out var backup)
        && _parts.Sessions.FindTicket(slot.SessionId) is { } ticket
            ? new BackupTicket(slot.JobId, ticket, backup.Source)
            : null;

    private async Task<BackupTicket> OpenBackupAsync(Guid operationId, Guid jobId, OpenBackup backup, SessionPlace place)
    {
        await _parts.Proof.RequireSettingsAsync(Key, Item);
        var keys = await RequireCurrentKeyAsync();
        if (!KeyVersions.IsPlatform(keys.KeyId))
            await Journal.BestEffortAsync(Vault.EnsureCheckedAsync);
        await RequireWrappingKeyAsync(keys);
        var slot = new WriterSlot(Guid.NewGuid(), operationId, jobId, _parts.Liveness.Self, Journal.Now);
        await TakeSlotAsync(slot);
        try
        {
            Journal.Enter(jobId, JobTasks.OpenSession);
            var secrets = await OpenSecretsAsync(keys);
            // The record as of the slot: nobody else condemns from here on.
            var session = await BackupSession.OpenAsync(_parts.Store, secrets, _parts.Gate, _parts.Time, Item.CondemnedPacks);
            _backups[slot.SessionId] = backup;
            WatchSessions();
            WatchPermit(slot.SessionId, secrets.Permit);
            Journal.Enter(jobId, JobTasks.TransferData);
            Journal.Running.Find(jobId)?.Report(0, 0, itemsTotal: Item.Newest?.Statistics.Entries ?? 0);
            return new BackupTicket(jobId, _parts.Sessions.Add(slot.SessionId, session, place), backup.Source);
        }
        catch
        {
            await Journal.BestEffortAsync(() => EndSessionAsync(slot.SessionId));
            throw;
        }
    }

    private async Task TakeSlotAsync(WriterSlot slot)
    {
        WriterSlot? dead = null;
        await UpdateAsync(_ =>
        {
            dead = Item.Slot is { } taken && taken != slot ? taken : dead;
            return Item.TakeSlot(slot, IsAlive);
        });
        // A session that ended here while the store could not be reached left its job open; a dead silo's is found by whoever looks.
        if (dead is { } other && await Journal.IsRunningAsync(Key.VaultId, other.JobId))
            await Journal.EndAsync(
                Key.VaultId,
                other.JobId,
                other.Kind == WriterKind.Reclaim ? ReclaimOperation : BackupOperation,
                JobEnd.Failed(Journal.Now, SessionLost("It was never ended."))
            );
    }

    public async Task<BackupOutcome> CommitBackupAsync(CommitBackup request)
    {
        if (Item.FindCommitted(request.OperationId) is { } committed)
        {
            // An earlier call may have failed between the recovery point and its job's end.
            await EndJobAsync(request, committed);
            await SettleAsync();
            return OutcomeOf(committed);
        }
        var slot = Item.Slot;
        var session = _parts.Sessions.Find<BackupSession>(request.SessionId);
        if (
            session is null
            || slot?.SessionId != request.SessionId
            || slot.OperationId != request.OperationId
            || !_backups.TryGetValue(request.SessionId, out var backup)
        )
            throw new VaultException(ErrorCodes.SessionLost, $"Session {request.SessionId} has ended or does not hold the item.");
        if (request.Warnings.Count > CommitBackup.MaxWarnings)
            throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"A commit names at most {CommitBackup.MaxWarnings} warnings, got {request.Warnings.Count}."
            );
        if (request.Warnings.FirstOrDefault(w => w.Message.Length > CommitBackup.MaxWarningLength) is { } longest)
            throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"A warning has at most {CommitBackup.MaxWarningLength} characters, got {longest.Message.Length}."
            );
        OwedNote? note = null;
        var head = await Journal.FailOnRefusalAsync(
            Key.VaultId,
            slot.JobId,
            BackupOperation,
            async () =>
            {
                try
                {
                    (var committed, note) = await VaultTraces.RunAsync(
                        "rvault.backup.commit",
                        _ => CommitAsync(request, slot, session, backup)
                    );
                    return committed;
                }
                finally
                {
                    await Journal.BestEffortAsync(() => EndSessionAsync(request.SessionId));
                }
            }
        );
        var warning = await EndJobAsync(request, head);
        await SettleAsync(note);
        return OutcomeOf(head) with { Warnings = warning is null ? [] : [warning] };
    }

    /// <summary>
    /// Chunks and index, then the manifest, then its head, each durable and read back; then the one
    /// conditional write that makes the recovery point, and owes its log entry.
    /// </summary>
    private async Task<(RecoveryPointHead Head, OwedNote? Note)> CommitAsync(
        CommitBackup request,
        WriterSlot slot,
        BackupSession session,
        OpenBackup backup
    )
    {
        var job = Journal.Running.Find(slot.JobId);
        job?.Report(request.Statistics.Entries, request.Statistics.BytesRead, request.Statistics.Entries);
        job?.Enter(JobTasks.Commit);
        await session.FinishAsync();
        if (!session.IsStored(request.Catalogue.Node))
            throw new VaultException(ErrorCodes.InvalidRequest, "The catalogue's root was never stored.");
        Item.RequireSlot(slot.SessionId);
        var manifest = ManifestOf(request, backup);
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
            RetainUntil = manifest.RetainUntil,
            Log = await Journal.FindMarkAsync(Key.VaultId),
            KeyCommitment = session.KeyCommitment,
            Caller = Caller.Current,
        };
        await _parts.RecoveryPoints.WriteAsync(Key.ItemId, head);
        // A ring that changed meanwhile is in force with this very write.
        OwedNote? note = null;
        var item = await UpdateAsync(_ =>
        {
            var (before, committed) = (Item, head with { KeyIdAtBackup = Item.KeyId });
            var next = before.Commit(slot.SessionId, committed);
            return ReferenceEquals(next, before) ? before : next.Owe(note = NoteOf(committed));
        });
        if (note is not null)
            BackupMeter.Committed(head);
        return (item.FindCommitted(request.OperationId) ?? head, note);
    }

    /// <summary>A job with warnings is ended with them; the note has no room for that.</summary>
    private OwedNote NoteOf(RecoveryPointHead head) =>
        new(
            Guid.NewGuid(),
            head.JobId,
            EndsJob: head.Statistics.FilesUnreadable == 0,
            BackupOperation,
            Caller.Current,
            Journal.Now,
            head.ToDetails().ToImmutableSortedDictionary(StringComparer.Ordinal)
        );

    private Manifest ManifestOf(CommitBackup request, OpenBackup backup)
    {
        var source = backup.Source;
        var (item, now) = (Item, Journal.Now);
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
            RetainUntil = backup.RetainUntil,
        };
    }

    /// <summary>What a job that did its work warns of all the same; returns what is not about unreadable files.</summary>
    private async Task<JobError?> EndJobAsync(CommitBackup request, RecoveryPointHead head)
    {
        var warning = await FindExpiryWarningAsync();
        var isPartial = request.Statistics.FilesUnreadable > 0;
        if (!isPartial && warning is null)
            return null;
        List<JobError> errors = [.. warning is null ? [] : new[] { warning }, .. isPartial ? request.Warnings : []];
        var end = JobEnd.Completed(Journal.Now, head.ToDetails()) with
        {
            Status = isPartial ? JobStatus.CompletedWithWarnings : JobStatus.Completed,
            Errors = [.. errors.Take(CommitBackup.MaxWarnings)],
        };
        await Journal.CloseAsync(Key.VaultId, head.JobId, end);
        return warning;
    }

    /// <summary>A backup that succeeded has succeeded, whatever can be said of its key.</summary>
    private async Task<JobError?> FindExpiryWarningAsync()
    {
        JobError? warning = null;
        await Journal.BestEffortAsync(async () => warning = (await Vault.GetKeyContextAsync()).ExpiryWarning);
        return warning;
    }

    public async Task AbandonBackupAsync(AbandonBackup request)
    {
        if (Item.Slot is not { Kind: WriterKind.Backup } slot || slot.SessionId != request.SessionId)
        {
            // Its slot is lost, its keys must still go.
            if (_backups.Remove(request.SessionId))
                await _parts.Sessions.EndAsync(request.SessionId);
            return;
        }
        var end = request.Error is { } error ? JobEnd.Failed(Journal.Now, error) : Cancelled();
        try
        {
            await EndSessionAsync(slot.SessionId);
        }
        finally
        {
            await Journal.EndAsync(Key.VaultId, slot.JobId, BackupOperation, end);
        }
    }

    /// <summary>Ends a session and gives its slot back; one that cannot be given back is taken over, for its session is gone.</summary>
    private async Task EndSessionAsync(Guid sessionId)
    {
        _backups.Remove(sessionId);
        await _parts.Sessions.EndAsync(sessionId);
        await UpdateAsync(_ => Item.ReleaseSlot(sessionId));
    }

    private bool IsAlive(WriterSlot slot) =>
        slot.Owner == _parts.Liveness.Self ? _parts.Sessions.Contains(slot.SessionId) : _parts.Liveness.IsAlive(slot.Owner);

    private static JobError SessionLost(string message) =>
        new(ErrorCodes.SessionLost, message, ErrorTable.Find(ErrorCodes.SessionLost)?.Fix ?? "");

    private BackupOutcome OutcomeOf(RecoveryPointHead head) =>
        new()
        {
            JobId = head.JobId,
            Status = head.Statistics.FilesUnreadable > 0 ? JobStatus.CompletedWithWarnings : JobStatus.Completed,
            RecoveryPoint = Item.ToSummary(head, Deletions.None(Key)),
            BytesNew = head.BytesNew,
            BytesStored = head.BytesStored,
        };
}
