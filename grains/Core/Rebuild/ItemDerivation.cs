using System.Collections.Immutable;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Retention;
using RecoveryVault.Vaults;

namespace RecoveryVault.Rebuild;

/// <summary>
/// An item's record as its descriptors, rings, heads and tombstones, and the vault's log, say it must be.
/// </summary>
internal sealed class ItemDerivation(ItemEvidence found, LogEvidence log, long vaultGeneration)
{
    private ItemKey Key => found.Key;

    private ItemWitness Witness => log.Of(Key.ItemId);

    /// <summary>The record; before it, what it will name: deletions that follow from a loss, settings that nothing holds.</summary>
    public sealed record Derived(ItemRecord Record, Deletions Deletions, long NextDescriptor)
    {
        public bool NeedsTombstone => Record.Tombstones is null && Deletions.Seq > 0;

        public bool NeedsDescriptor => Record is { Settings: not null, Descriptor: null };
    }

    /// <exception cref="VaultException">A loss that is not accepted, or nothing to derive a record from.</exception>
    public Derived Derive(Losses losses, DateTimeOffset now)
    {
        if (log.Fault is { } fault)
            losses.Add($"{fault} What became of item {Key.ItemId} last cannot be proved.", ErrorCodes.RecordTampered);
        var heads = found.Heads.Chain(found, log, losses);
        var descriptor = ChooseDescriptor(losses);
        var ring = ChooseRing(heads);
        var tombstones = ChooseTombstones(descriptor?.Value.Settings.Name, losses);
        var isStrict = losses.Accepted.Count > 0;
        var deletions = tombstones?.Value ?? Deletions.None(Key);
        if (_areDeletionsLost)
            deletions = Withdrawn(deletions, heads, now);
        var settings = descriptor?.Value.Settings ?? NewSettings(heads);
        settings = isStrict ? Strengthened(settings, deletions, heads) : settings;
        var record = new ItemRecord
        {
            Key = Key,
            Settings = settings,
            Descriptor = settings == descriptor?.Value.Settings && !isStrict ? descriptor?.Reference : null,
            KeyGeneration = ring?.Value.KeyGeneration ?? vaultGeneration,
            Ring = ring?.Reference,
            RingSeq = ring?.Seq ?? 0,
            KeyId = ring?.Value.Newest.KeyId ?? "",
            Tombstones = ReferenceEquals(deletions, tombstones?.Value) ? tombstones?.Reference : null,
            Heads = [.. heads.Take(ItemRecord.MaxHeads)],
            RecoveryPointCount = heads is [var newest, ..] ? newest.Seq : 0,
            Owed = [.. OwedBy(descriptor, tombstones, heads)],
        };
        var lastDescriptor = found.Descriptors.IsEmpty ? 0 : found.Descriptors.Newest[0].Seq;
        return new(record, deletions, Math.Max(lastDescriptor, VaultDerivation.SeqOf(Witness.Settings)) + 1);
    }

    private bool _areDeletionsLost;

    private FoundRecord<ItemDescriptor>? ChooseDescriptor(Losses losses)
    {
        var newest = found.Descriptors.IsEmpty ? [] : found.Descriptors.Newest;
        if (newest.Count == 0)
            losses.Add($"No descriptor of item {Key.ItemId} is there that is authentic: nothing says its name, source and state.");
        if (FindNamed(newest, Witness.Settings, losses, "descriptor") is { } inForce)
            return inForce;
        return newest.OrderBy(d => d.Value.Settings.State).ThenBy(d => d.Written).LastOrDefault();
    }

    private FoundRecord<Deletions>? ChooseTombstones(string? name, Losses losses)
    {
        var newest = found.Tombstones.IsEmpty ? [] : found.Tombstones.Newest;
        var before = losses.Accepted.Count;
        if (newest.Count == 0 && name is not null && log.HasDeletions(name))
            losses.Add($"The log remembers deletions in item '{name}', and none of their records is there.");
        var inForce = FindNamed(newest, Witness.Deletions, losses, "record of deletions");
        _areDeletionsLost = losses.Accepted.Count > before;
        return inForce ?? newest.OrderBy(t => t.Value.PurgedCount + t.Value.SoftDeletedCount).ThenBy(t => t.Written).LastOrDefault();
    }

    /// <summary>The one that the log names, if it is of the newest number; a later one, or another of that number, is gone.</summary>
    private FoundRecord<T>? FindNamed<T>(IReadOnlyList<FoundRecord<T>> newest, string? named, Losses losses, string what)
        where T : class
    {
        if (named is null)
            return null;
        var (seq, last) = (AuthenticatedRecords.SequenceOf(named), newest is [var first, ..] ? first.Seq : 0);
        if (seq < last)
            return null;
        if (newest.FirstOrDefault(r => r.OwnName == named) is { } inForce)
            return inForce;
        losses.Add($"The log remembers {what} {seq} of item {Key.ItemId}, which is missing; the newest is number {last}.");
        return null;
    }

    /// <summary>
    /// The newest ring of the data key that seals the recovery points. A protection that died can have left another, of a key that seals
    /// nothing.
    /// </summary>
    private FoundRecord<KeyRing>? ChooseRing(IReadOnlyList<RecoveryPointHead> heads)
    {
        var rings = found.Rings.Sound.Where(r => !r.Value.Epochs.IsDefaultOrEmpty).ToList();
        if (heads.FirstOrDefault(h => h.KeyCommitment is not null)?.KeyCommitment is { } commitment)
            rings = rings.FindAll(r => r.Value.Epochs.Any(e => Convert.ToHexStringLower(e.Commitment) == commitment));
        else if (heads.Count > 0 && rings.Select(r => Convert.ToHexStringLower(r.Value.Newest.Commitment)).Distinct().Count() > 1)
            throw new VaultException(
                ErrorCodes.RecordTampered,
                $"Item {Key.ItemId} has key rings of several data keys, and nothing says which of them seals its recovery points.",
                "Bring the item's record back from a copy of the store."
            );
        if (rings.Count == 0 && heads.Count > 0)
            throw new VaultException(
                ErrorCodes.DataMissing,
                $"No key ring of item {Key.ItemId} is there that is authentic: nothing opens its {heads.Count} recovery point(s).",
                "Bring the item's key ring (rings/ in the store) back from a copy of the store and run it again."
            );
        return rings.OrderBy(r => r.Value.KeyGeneration).ThenBy(r => r.Seq).ThenBy(r => r.Written).LastOrDefault();
    }

    private ItemSettings NewSettings(IReadOnlyList<RecoveryPointHead> heads) =>
        new()
        {
            Name = $"recovered-{Key.ItemId.ToString()[..12]}",
            Source = new()
            {
                Path = ItemSource.StreamPath,
                Host = "",
                Kind = ContentKind.Stream,
            },
            State = ProtectionState.ProtectionStopped,
            CreatedAt = heads is [.., var oldest] ? oldest.Time : DateTimeOffset.UnixEpoch,
        };

    /// <summary>Stopped, everything is kept; what was deleted stays so.</summary>
    private static ItemSettings Strengthened(ItemSettings settings, Deletions deletions, IReadOnlyList<RecoveryPointHead> heads)
    {
        var isDeleted = heads.Count > 0 && heads.All(h => !deletions.IsAvailable(h.Seq));
        return settings with
        {
            State =
                settings.State == ProtectionState.SoftDeleted || isDeleted
                    ? ProtectionState.SoftDeleted
                    : ProtectionState.ProtectionStopped,
        };
    }

    /// <summary>
    /// What was deleted is unknown: nothing comes back by itself, and for the longest period there is everything can be had back.
    /// </summary>
    private Deletions Withdrawn(Deletions known, IReadOnlyList<RecoveryPointHead> heads, DateTimeOffset now)
    {
        ImmutableArray<DeletedPoint> points =
        [
            .. heads
                .Where(h => known.IsAvailable(h.Seq))
                .OrderBy(h => h.Seq)
                .Select(h => new DeletedPoint(h.Seq, h.HeadHash, h.RetainUntil)),
        ];
        var deletion = new Deletion(
            Guid.NewGuid(),
            now,
            now.AddDays(SoftDeletePeriod.MaxDays),
            "rebuilt: the record of what was deleted is lost",
            "rebuild",
            points
        );
        return known.Delete(deletion) with { Seq = Math.Max(known.Seq, VaultDerivation.SeqOf(Witness.Deletions)) + 1 };
    }

    /// <summary>What the last changes owed to log and jobs, as far as the log does not show it paid.</summary>
    private IEnumerable<OwedNote> OwedBy(
        FoundRecord<ItemDescriptor>? descriptor,
        FoundRecord<Deletions>? tombstones,
        IReadOnlyList<RecoveryPointHead> heads
    )
    {
        IEnumerable<OwedNote> notes = [.. descriptor?.Value.Owed ?? [], .. tombstones?.Value.Owed ?? []];
        if (heads is [var newest, ..])
            notes = notes.Append(NoteOf(newest));
        return notes.DistinctBy(n => (n.CorrelationId, n.Operation)).Where(n => !log.IsPaid(n));
    }

    /// <summary>A job would know who it was, too, but proves nothing: no name gets into the log by it.</summary>
    private static OwedNote NoteOf(RecoveryPointHead head) =>
        new(
            Guid.NewGuid(),
            head.JobId,
            EndsJob: head.Statistics.FilesUnreadable == 0,
            JobOperations.Backup,
            head.Caller ?? "unknown",
            head.Time,
            head.ToDetails().ToImmutableSortedDictionary(StringComparer.Ordinal)
        );
}
