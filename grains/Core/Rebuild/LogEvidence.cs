using System.Globalization;
using RecoveryVault.Activity;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Records;
using RecoveryVault.Vaults;

namespace RecoveryVault.Rebuild;

/// <summary>
/// What a vault's activity log says of how far its records had come. The log is chained and its end is remembered elsewhere, so records
/// that were taken away are missed here.
/// </summary>
internal sealed class LogEvidence
{
    private readonly Dictionary<ItemId, ItemWitness> _items = [];
    private readonly HashSet<string> _deletingNames = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<(Guid CorrelationId, string Operation)> _done = [];

    /// <summary>What is wrong with the log; null when nothing is.</summary>
    public string? Fault { get; private set; }

    /// <summary>The newest descriptor of the vault that an entry names: "{seq}-{random}".</summary>
    public string? Settings { get; private set; }

    /// <summary>The vault was deleted, or destroyed.</summary>
    public bool IsDeleted { get; private set; }

    public ProtectionAttempt? FirstAttempt { get; private set; }

    /// <summary>The key that the last change put in force.</summary>
    public string? LastKeyId { get; private set; }

    /// <summary>Committed recovery points.</summary>
    public List<LoggedPoint> Points { get; } = [];

    public ItemWitness Of(ItemId itemId) => _items.GetValueOrDefault(itemId) ?? new();

    /// <summary>Whether something of an item of that name was deleted, as older logs say it.</summary>
    public bool HasDeletions(string itemName) => _deletingNames.Contains(itemName);

    public bool IsPaid(OwedNote note) => _done.Contains((note.CorrelationId, note.Operation));

    /// <param name="marks">Places in the log that other records remember.</param>
    public static async Task<LogEvidence> ReadAsync(
        ActivityLog log,
        JobLedger jobs,
        VaultId vaultId,
        IAsyncEnumerable<RememberedMark> marks,
        CancellationToken cancellation
    )
    {
        var evidence = new LogEvidence();
        try
        {
            var end = await log.FindEndAsync(vaultId, cancellation: cancellation);
            for (long seq = 1; seq <= end; seq++)
                await evidence.ReadAsync(log, vaultId, seq, cancellation);
            var check = await log.VerifyAsync(vaultId, 1, int.MaxValue, 0, marks, cancellation);
            await evidence.AssignPointsAsync(jobs, vaultId, cancellation);
            evidence.Fault = check.Fault is { } fault ? $"Entry {check.FaultSeq} of the activity log: {fault}" : null;
        }
        catch (FormatException)
        {
            evidence.Fault = "Something lies in the activity log that is no entry.";
        }
        return evidence;
    }

    /// <summary>One that cannot be read is what verification is about.</summary>
    private async Task ReadAsync(ActivityLog log, VaultId vaultId, long seq, CancellationToken cancellation)
    {
        try
        {
            if (await log.ReadAsync(vaultId, seq, cancellation) is { Record: var record })
                Note(record);
        }
        catch (VaultException) { }
    }

    /// <summary>Older entries do not say which item a recovery point is of; its job does.</summary>
    private async Task AssignPointsAsync(JobLedger jobs, VaultId vaultId, CancellationToken cancellation)
    {
        for (var i = 0; i < Points.Count; i++)
            if (Points[i] is { ItemId: null } point)
                Points[i] = point with { ItemId = await FoundHeads.FindItemAsync(jobs, vaultId, point.JobId, cancellation) };
    }

    private void Note(LogRecord record)
    {
        if (record.Operation == "ProtectItem")
            FirstAttempt ??= new(record.Time, record.CorrelationId);
        if (record.Status != "Succeeded")
            return;
        _done.Add((record.CorrelationId, record.Operation));
        IsDeleted |= record.Operation is "DeleteVault" or "DestroyVault";
        if (record.Operation == "UpdateEncryption" && record.Details.TryGetValue("newKeyId", out var keyId))
            LastKeyId = keyId;
        if (record.Operation == "Backup")
            NotePoint(record);
        if (record.Details.TryGetValue(NoteStamps.ItemId, out var itemId))
            NoteStampsOf(record, itemId);
        else if (record.Details.TryGetValue(NoteStamps.Settings, out var settings))
            Settings = Later(Settings, settings);
        else if (IsDeletion(record.Operation) && record.Details.TryGetValue("itemName", out var name))
            _deletingNames.Add(name);
    }

    private static bool IsDeletion(string operation) =>
        operation is "DeleteRecoveryPoint" or "DeleteItem" or "ExpireRecoveryPoints" or "PurgeRecoveryPoints";

    private void NoteStampsOf(LogRecord record, string text)
    {
        if (!TryParse(text, out var itemId))
            return;
        var known = Of(itemId);
        _items[itemId] = known with
        {
            Settings = Later(known.Settings, record.Details.GetValueOrDefault(NoteStamps.Settings)),
            Deletions = Later(known.Deletions, record.Details.GetValueOrDefault(NoteStamps.Deletions)),
        };
    }

    private void NotePoint(LogRecord record)
    {
        var (name, hash) = (record.Details.GetValueOrDefault("recoveryPoint") ?? "", record.Details.GetValueOrDefault("headHash"));
        if (
            hash is null
            || !long.TryParse(name.AsSpan(name.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var seq)
        )
            return;
        ItemId? itemId = TryParse(record.Details.GetValueOrDefault(NoteStamps.ItemId) ?? "", out var id) ? id : null;
        Points.Add(new(seq, name, hash, record.Details.GetValueOrDefault("keyId"), record.CorrelationId, itemId));
    }

    private static bool TryParse(string text, out ItemId itemId)
    {
        itemId = default;
        if (text.Length != 2 * ItemId.SizeBytes || !text.All(char.IsAsciiHexDigit))
            return false;
        itemId = ItemId.Parse(text);
        return true;
    }

    private static string? Later(string? known, string? named) =>
        named is null || !AuthenticatedRecords.TrySequenceOf(named, out var seq) ? known
        : known is null || AuthenticatedRecords.SequenceOf(known) <= seq ? named
        : known;
}

/// <summary>What the log remembers of an item's records: "{seq}-{random}" each; null where it says nothing.</summary>
internal sealed record ItemWitness(string? Settings = null, string? Deletions = null);

/// <summary>A committed recovery point as the log has it.</summary>
/// <param name="ItemId">Null in entries of older versions.</param>
internal sealed record LoggedPoint(long Seq, string Name, string HeadHash, string? KeyId, Guid JobId, ItemId? ItemId);
