using System.Collections.Immutable;
using RecoveryVault.Records;
using RecoveryVault.Vaults;

namespace RecoveryVault.Activity;

/// <summary>An entry of the activity log as stored.</summary>
public sealed record LogRecord : Evolving
{
    public VaultId VaultId { get; init; }

    public long Seq { get; init; }

    public string PrevHash { get; init; } = "";

    /// <summary>The newest checkpoint known when this was appended.</summary>
    public CheckpointRef? Checkpoint { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required string Caller { get; init; }

    public required string Operation { get; init; }

    public required string Status { get; init; }

    public required Guid CorrelationId { get; init; }

    public required ImmutableSortedDictionary<string, string> Details { get; init; }

    public ActivityEntry ToEntry() =>
        new()
        {
            Seq = Seq,
            Time = Time,
            Caller = Caller,
            Operation = Operation,
            Status = Status,
            CorrelationId = CorrelationId,
            Details = Details,
        };
}
