using RecoveryVault.Access;

namespace RecoveryVault.Activity;

/// <summary>A vault's activity log: who changed what when, append-only and hash-chained. Key: the vault id.</summary>
[Alias("rv.IActivityLogGrain")]
public interface IActivityLogGrain : IGrainWithStringKey
{
    /// <summary>Entries, newest first.</summary>
    [Alias("List"), Requires(VaultRole.BackupReader, AccessScope.Vault)]
    Task<Page<ActivityEntry>> ListAsync(PageRequest page);

    /// <summary>
    /// Checks a run of entries from <paramref name="fromSeq"/> (the first is 1) on; call again with the
    /// answer's <see cref="ActivityCheck.NextSeq"/>.
    /// </summary>
    [Alias("Verify"), Requires(VaultRole.BackupReader, AccessScope.Vault)]
    Task<ActivityCheck> VerifyAsync(long fromSeq);
}

/// <summary>One change.</summary>
[GenerateSerializer, Immutable, Alias("rv.ActivityEntry")]
public sealed record ActivityEntry
{
    /// <summary>1, 2, 3 ... without gaps.</summary>
    [Id(0)]
    public required long Seq { get; init; }

    /// <summary>UTC.</summary>
    [Id(1)]
    public required DateTimeOffset Time { get; init; }

    /// <summary>The verified caller; "system" for what the vault does by itself.</summary>
    [Id(2)]
    public required string Caller { get; init; }

    /// <summary>What was done, such as "UpdateEncryption".</summary>
    [Id(3)]
    public required string Operation { get; init; }

    /// <summary>"Succeeded" or "Failed".</summary>
    [Id(4)]
    public required string Status { get; init; }

    /// <summary>The operation or job it belongs to.</summary>
    [Id(5)]
    public required Guid CorrelationId { get; init; }

    /// <summary>The facts.</summary>
    [Id(6)]
    public required IReadOnlyDictionary<string, string> Details { get; init; }
}

/// <summary>The outcome of checking a run of entries.</summary>
/// <param name="Checked">How many entries were found good.</param>
/// <param name="NextSeq">Where to go on; null when the end was reached.</param>
/// <param name="Fault">What is wrong at <paramref name="FaultSeq"/>; null when nothing is.</param>
/// <param name="FaultSeq">The entry concerned.</param>
/// <param name="Checkpoints">How many checkpoints were found good.</param>
/// <param name="Marks">How many other records agree that remember a place in the log; looked at when the end is reached.</param>
/// <param name="KeyIds">The platform keys that made what was looked at, in order, such as "platform:1 platform:2".</param>
[GenerateSerializer, Immutable, Alias("rv.ActivityCheck")]
public sealed record ActivityCheck(
    [property: Id(0)] int Checked,
    [property: Id(1)] long? NextSeq,
    [property: Id(2)] string? Fault,
    [property: Id(3)] long? FaultSeq,
    [property: Id(4)] int Checkpoints = 0,
    [property: Id(5)] int Marks = 0,
    [property: Id(6)] string KeyIds = ""
);
