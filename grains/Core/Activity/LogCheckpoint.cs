using RecoveryVault.Records;
using RecoveryVault.Vaults;

namespace RecoveryVault.Activity;

/// <summary>
/// A statement, outside the log and under the platform keyring, that the log had reached an entry. Checkpoints are numbered and chained by
/// themselves, and the log's next entry names the newest: who cuts the log's end must take these away too, and then the next witness.
/// </summary>
public sealed record LogCheckpoint : Evolving
{
    /// <summary>More entries than these never lie behind the newest checkpoint, as long as it can be written.</summary>
    public const int MaxEntries = 64;

    /// <summary>Nor longer than this, when something is logged at all.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(1);

    public required VaultId VaultId { get; init; }

    /// <summary>1, 2, 3 … without gaps.</summary>
    public required long Number { get; init; }

    /// <summary>The checkpoint before (SHA-256 of its payload, hex); zeros for the first.</summary>
    public required string PrevHash { get; init; }

    /// <summary>The entry it states.</summary>
    public required long Seq { get; init; }

    /// <summary>That entry's hash.</summary>
    public required string EntryHash { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>
    /// Whether an entry just appended should be stated at once. What changes a key or takes something away always is: those are the entries
    /// somebody would want to be rid of.
    /// </summary>
    public static bool IsDue(CheckpointRef? last, long seq, string operation, DateTimeOffset now) =>
        last is null
        || seq - last.Seq >= MaxEntries
        || (now - last.Time).Duration() >= MaxAge
        || operation.StartsWith("Update", StringComparison.Ordinal)
        || operation.StartsWith("Delete", StringComparison.Ordinal)
        || operation.StartsWith("Remove", StringComparison.Ordinal);
}

/// <summary>What names a checkpoint.</summary>
/// <param name="Hash">SHA-256 of its payload, hex.</param>
/// <param name="Seq">The entry it states.</param>
public sealed record CheckpointRef(long Number, string Hash, long Seq, DateTimeOffset Time);
