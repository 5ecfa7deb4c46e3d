using System.Collections.Immutable;
using RecoveryVault.Activity;
using RecoveryVault.Records;
using RecoveryVault.Retention;

namespace RecoveryVault.Items;

/// <summary>
/// A protected item as its grain keeps it: enrolled (no ring yet) → protected → backed up again and again → stopped. The head of its
/// recovery points, the key ring in force and the writer slot change only here, each in one conditional write.
/// </summary>
public sealed partial record ItemRecord : Evolving, IVersionedRecord
{
    public int Schema { get; init; } = RecordSchema.Current;

    public required ItemKey Key { get; init; }

    /// <summary>Null while the item is enrolled but its protection was never completed.</summary>
    public ItemSettings? Settings { get; init; }

    public RecordRef? Descriptor { get; init; }

    /// <summary>
    /// The vault's key generation that wraps the ring (and fences: a lower one than the vault's means re-wrapping is due).
    /// </summary>
    public required long KeyGeneration { get; init; }

    /// <summary>The ring in force; null until protection is completed.</summary>
    public RecordRef? Ring { get; init; }

    public long RingSeq { get; init; }

    /// <summary>The full key id that wraps the ring, for display.</summary>
    public string KeyId { get; init; } = "";

    public WriterSlot? Slot { get; init; }

    /// <summary>The deletions in force; null while nothing was ever deleted.</summary>
    public RecordRef? Tombstones { get; init; }

    /// <summary>
    /// Packs that may be deleted from now on, by whoever: nobody relies on them again. At most <see cref="MaxCondemned"/> ids; null when
    /// there are none.
    /// </summary>
    public ImmutableArray<string>? Condemned { get; init; }

    /// <summary>
    /// Committed recovery points, newest first, at most <see cref="MaxHeads"/>; older ones are blobs under <c>heads/</c>.
    /// </summary>
    public ImmutableArray<RecoveryPointHead> Heads
    {
        get;
        init => field = RecordJson.ListOf(value);
    } = [];

    public long RecoveryPointCount { get; init; }

    public const int MaxHeads = 32;

    /// <summary>More packs are condemned in several rounds: a record is bounded.</summary>
    public const int MaxCondemned = 256;

    /// <summary>The newest committed one, deleted or not: what the next one follows.</summary>
    public RecoveryPointHead? Newest => Heads.IsEmpty ? null : Heads[0];
}

/// <summary>What must survive the loss of the record; each change is also written as a descriptor.</summary>
public sealed record ItemSettings : Evolving
{
    public required string Name { get; init; }

    public required ItemSource Source { get; init; }

    public required ProtectionState State { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The retention policy it follows, by name; null: nothing expires.</summary>
    public string? Policy { get; init; }

    /// <summary>What kept its recovery points before it followed that policy, and goes on doing so for a while; null: nothing.</summary>
    public FormerRetention? Former { get; init; }
}

/// <summary>Who may write to the item now.</summary>
/// <param name="Owner">The silo incarnation the session lives in: when that is gone, so is the session.</param>
public sealed record WriterSlot(Guid SessionId, Guid OperationId, Guid JobId, string Owner, DateTimeOffset Since) : Evolving
{
    public WriterKind Kind { get; init; }
}

/// <summary>What a writer does.</summary>
public enum WriterKind
{
    /// <summary>Adds a recovery point.</summary>
    Backup = 0,

    /// <summary>Deletes what no recovery point needs.</summary>
    Reclaim = 1,
}

/// <summary>A committed recovery point: everything shown of it, and where its manifest is.</summary>
public sealed record RecoveryPointHead : Evolving
{
    public required string Name { get; init; }

    public required long Seq { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>HMAC of the manifest's plaintext (hex); the next one's <see cref="PrevHash"/>.</summary>
    public required string HeadHash { get; init; }

    public required string PrevHash { get; init; }

    /// <summary>The manifest's blob name.</summary>
    public required string Manifest { get; init; }

    public required BackupStatistics Statistics { get; init; }

    /// <summary>The full key id in force when it was made.</summary>
    public required string KeyIdAtBackup { get; init; }

    public required Guid OperationId { get; init; }

    public required Guid JobId { get; init; }

    public required long BytesNew { get; init; }

    public required long BytesStored { get; init; }

    /// <summary>Not to be deleted before; null when nothing was promised.</summary>
    public DateTimeOffset? RetainUntil { get; init; }

    /// <summary>Where the vault's log stood.</summary>
    public LogMark? Log { get; init; }

    /// <summary>The commitment (hex) of the data key it was sealed under: of several rings it tells the right one.</summary>
    public string? KeyCommitment { get; init; }

    /// <summary>The verified caller who made it; null in those of older versions.</summary>
    public string? Caller { get; init; }

    /// <summary>What job and log say of it.</summary>
    public IEnumerable<KeyValuePair<string, string>> ToDetails() =>
        [
            new("recoveryPoint", Name),
            new("headHash", HeadHash),
            new("keyId", KeyIdAtBackup),
            new("bytesNew", $"{BytesNew}"),
            new("bytesStored", $"{BytesStored}"),
            new("filesUnreadable", $"{Statistics.FilesUnreadable}"),
        ];
}
