using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using RecoveryVault.Activity;
using RecoveryVault.Records;

namespace RecoveryVault.Vaults;

public sealed partial record VaultRecord
{
    /// <summary>
    /// What changes made still owe to the jobs and the activity log: written with the change itself, so that no change goes unlogged
    /// whatever dies in between; removed when paid.
    /// </summary>
    public ImmutableArray<OwedNote> Owed
    {
        get;
        init => field = RecordJson.ListOf(value);
    } = [];

    /// <summary>More are only owed while the log cannot be written; then no further change is taken on.</summary>
    public const int MaxOwed = 16;

    public VaultRecord Owe(OwedNote note) => this with { Owed = Owed.Add(note) };

    /// <summary>Strikes notes that were paid.</summary>
    public VaultRecord Settle(ImmutableArray<OwedNote> paid)
    {
        var left = Owed.RemoveAll(note => paid.Any(p => p.Id == note.Id));
        return left.Length == Owed.Length ? this : this with { Owed = left };
    }

    /// <summary>The notes of the change that is about to be written say which descriptor it made.</summary>
    public VaultRecord StampNotes(VaultRecord? before) =>
        this with
        {
            Owed = NoteStamps.Put(Owed, before?.Owed ?? [], [(NoteStamps.Settings, Changed(before?.Descriptor, Descriptor))]),
        };

    private static RecordRef? Changed(RecordRef? before, RecordRef? after) => before == after ? null : after;

    /// <summary>What is written outside the record of it: the settings, and what this change owes and did.</summary>
    public VaultDescriptor ToDescriptor(long seq, LogMark? log) =>
        new(VaultId, seq, Settings)
        {
            Log = log,
            Owed = Owed.IsEmpty ? null : Owed,
            Operation = RecentOperations.IsEmpty ? null : RecentOperations[^1],
        };
}

/// <summary>An entry of the activity log that a change owes, and the end of the change's job.</summary>
/// <param name="Id">Tells notes apart.</param>
/// <param name="CorrelationId">The entry's correlation id: the operation or its job.</param>
/// <param name="EndsJob">True: <paramref name="CorrelationId"/> is a job that this completes.</param>
public sealed record OwedNote(
    Guid Id,
    Guid CorrelationId,
    bool EndsJob,
    string Operation,
    string Caller,
    DateTimeOffset Time,
    ImmutableSortedDictionary<string, string> Details
) : Evolving
{
    /// <summary>Who vouches for it (<see cref="NoteSeals"/>): a record envelope over its digest. Empty before it is written.</summary>
    [AllowNull]
    public byte[] Seal
    {
        get;
        init => field = value ?? [];
    } = [];
}
