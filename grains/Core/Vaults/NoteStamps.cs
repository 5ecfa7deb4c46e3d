using System.Collections.Immutable;
using RecoveryVault.Items;
using RecoveryVault.Records;

namespace RecoveryVault.Vaults;

/// <summary>
/// What an entry of the activity log says of the records its change made. The log cannot be shortened unseen, so these cannot be taken away
/// unseen either: whoever rebuilds a record knows how far it had come.
/// </summary>
public static class NoteStamps
{
    /// <summary>The descriptor: "{seq}-{random}".</summary>
    public const string Settings = "settings";

    /// <summary>The tombstone record, in the same form.</summary>
    public const string Deletions = "deletions";

    /// <summary>The item.</summary>
    public const string ItemId = "itemId";

    /// <summary>Stamps the notes that were not owed before.</summary>
    public static ImmutableArray<OwedNote> Put(
        ImmutableArray<OwedNote> owed,
        ImmutableArray<OwedNote> before,
        IEnumerable<(string Name, RecordRef? Made)> made,
        ItemId? itemId = null
    )
    {
        if (owed.All(note => before.Any(b => b.Id == note.Id)))
            return owed;
        var stamps = made.Where(m => m.Made is not null)
            .Select(m => KeyValuePair.Create(m.Name, AuthenticatedRecords.OwnName(m.Made!.Name)))
            .Concat(itemId is { } id ? [KeyValuePair.Create(ItemId, id.ToString())] : []);
        return [.. owed.Select(note => before.Any(b => b.Id == note.Id) ? note : note with { Details = note.Details.SetItems(stamps) })];
    }

    /// <summary>What a job says of its end: the stamps are the log's.</summary>
    public static ImmutableSortedDictionary<string, string> Without(ImmutableSortedDictionary<string, string> details) =>
        details.RemoveRange([Settings, Deletions, ItemId]);
}
