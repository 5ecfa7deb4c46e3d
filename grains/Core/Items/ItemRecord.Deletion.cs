using System.Collections.Immutable;
using RecoveryVault.Errors;
using RecoveryVault.Records;
using RecoveryVault.Vaults;

namespace RecoveryVault.Items;

public sealed partial record ItemRecord
{
    /// <summary>What changes still owe to jobs and activity log: written with the change itself, removed when paid.</summary>
    public ImmutableArray<OwedNote> Owed
    {
        get;
        init => field = RecordJson.ListOf(value);
    } = [];

    /// <summary>
    /// More are only owed while the log cannot be written; then nothing further is deleted, and no backup begins. One that is under way may
    /// owe one more.
    /// </summary>
    public const int MaxOwed = 2;

    /// <summary>Puts deletions in force, and owes what they owe, in one write.</summary>
    public ItemRecord UseDeletions(RecordRef reference, OwedNote note) => Owe(note) with { Tombstones = reference };

    /// <summary>The whole item is deleted, or had back; what becomes of its recovery points stands in the deletions.</summary>
    public ItemRecord WithState(ProtectionState state) =>
        RequireSettings() is var settings && settings.State == state ? this : this with { Settings = settings with { State = state } };

    /// <summary>The same note twice is owed once.</summary>
    public ItemRecord Owe(OwedNote note) => Owed.Any(n => n.Id == note.Id) ? this : this with { Owed = Owed.Add(note) };

    /// <summary>Strikes notes that were paid.</summary>
    public ItemRecord Settle(ImmutableArray<OwedNote> paid)
    {
        var left = Owed.RemoveAll(note => paid.Any(p => p.Id == note.Id));
        return left.Length == Owed.Length ? this : this with { Owed = left };
    }

    /// <summary>The notes of the change that is about to be written say whose it is, and which records it made.</summary>
    public ItemRecord StampNotes(ItemRecord? before) =>
        this with
        {
            Owed = NoteStamps.Put(
                Owed,
                before?.Owed ?? [],
                [
                    (NoteStamps.Settings, before?.Descriptor == Descriptor ? null : Descriptor),
                    (NoteStamps.Deletions, before?.Tombstones == Tombstones ? null : Tombstones),
                ],
                Key.ItemId
            ),
        };

    /// <summary>How many recovery points can be restored.</summary>
    public long AvailableCount(Deletions deletions) => NextSeq - 1 - deletions.SoftDeletedCount - deletions.PurgedCount;

    /// <summary>Refuses what nobody may delete: a promise that was made, and the only point that can be restored.</summary>
    /// <param name="now">The earliest time by silo and store.</param>
    public void RequireDeletable(RecoveryPointHead head, Deletions deletions, DateTimeOffset now)
    {
        if (head.RetainUntil > now)
            throw new VaultException(
                ErrorCodes.RecoveryPointRetained,
                $"Recovery point {head.Name} is kept until {head.RetainUntil:yyyy-MM-dd'T'HH:mm:ss'Z'}."
            );
        if (deletions.IsAvailable(head.Seq) && AvailableCount(deletions) <= 1)
            throw new VaultException(
                ErrorCodes.LastRecoveryPoint,
                $"Recovery point {head.Name} is the only one of item '{Settings?.Name}' that can be restored."
            );
    }
}
