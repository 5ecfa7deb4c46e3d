using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Jobs;

namespace RecoveryVault.Items;

/// <summary>Stops protection.</summary>
[GenerateSerializer, Immutable, Alias("rv.DisableProtection")]
public sealed record DisableProtection([property: Id(0)] Guid OperationId, [property: Id(1)] string Reason);

/// <summary>Begins a backup.</summary>
/// <param name="OperationId">Chosen by the caller, anew for each backup: the same one again is answered as the first time.</param>
/// <param name="SourcePath">Reads another path this once; null: the item's own.</param>
/// <param name="IsStream">Takes a stream in place of any path.</param>
/// <param name="RetainUntil">
/// Nothing deletes the recovery point before: in the future, and at most 100 years away; null: no promise.
/// </param>
[GenerateSerializer, Immutable, Alias("rv.BeginBackup")]
public sealed record BeginBackup(
    [property: Id(0)] Guid OperationId,
    [property: Id(1)] string? SourcePath = null,
    [property: Id(2)] bool IsStream = false,
    [property: Id(3)] DateTimeOffset? RetainUntil = null
)
{
    /// <summary>The longest promise.</summary>
    public static readonly TimeSpan MaxRetention = TimeSpan.FromDays(36_525);
}

/// <summary>A begun backup.</summary>
/// <param name="JobId">Its job.</param>
/// <param name="Session">Opens the data plane; null when <paramref name="Committed"/> is set.</param>
/// <param name="Source">What to read and what to leave out.</param>
/// <param name="Committed">Set when this operation was committed before: then there is nothing left to do.</param>
[GenerateSerializer, Immutable, Alias("rv.BackupTicket")]
public sealed record BackupTicket(
    [property: Id(0)] Guid JobId,
    [property: Id(1)] SessionTicket? Session,
    [property: Id(2)] ItemSource Source,
    [property: Id(3)] BackupOutcome? Committed = null
);

/// <summary>What a backup found, counted by the client.</summary>
[GenerateSerializer, Immutable, Alias("rv.BackupStatistics")]
public sealed record BackupStatistics
{
    /// <summary>Entries of every kind.</summary>
    [Id(0)]
    public long Entries { get; init; }

    /// <summary>Regular files.</summary>
    [Id(1)]
    public long Files { get; init; }

    /// <summary>Directories.</summary>
    [Id(2)]
    public long Directories { get; init; }

    /// <summary>Content bytes of all files.</summary>
    [Id(3)]
    public long SizeBytes { get; init; }

    /// <summary>Bytes read from the source.</summary>
    [Id(4)]
    public long BytesRead { get; init; }

    /// <summary>Entries that could not be read.</summary>
    [Id(5)]
    public long FilesUnreadable { get; init; }

    /// <summary>Files and directories left out by the item's excludes.</summary>
    [Id(6)]
    public long FilesExcluded { get; init; }

    /// <summary>Bytes of the regular files left out, as far as they were looked at.</summary>
    [Id(7)]
    public long BytesExcluded { get; init; }

    /// <summary>Files that changed while they were read.</summary>
    [Id(8)]
    public long FilesChanged { get; init; }
}

/// <summary>Commits a backup.</summary>
[GenerateSerializer, Immutable, Alias("rv.CommitBackup")]
public sealed record CommitBackup
{
    /// <summary>As in <see cref="BeginBackup"/>.</summary>
    [Id(0)]
    public required Guid OperationId { get; init; }

    /// <summary>The session that stored the chunks.</summary>
    [Id(1)]
    public required Guid SessionId { get; init; }

    /// <summary>The catalogue.</summary>
    [Id(2)]
    public required CatalogueRoot Catalogue { get; init; }

    /// <summary>The counts.</summary>
    [Id(3)]
    public required BackupStatistics Statistics { get; init; }

    /// <summary>What could not be read, at most <see cref="MaxWarnings"/> of it; the catalogue has all.</summary>
    [Id(4)]
    public IReadOnlyList<JobError> Warnings { get; init; } = [];

    /// <summary>The most warnings of one job.</summary>
    public const int MaxWarnings = 100;

    /// <summary>The longest message of a warning, in characters.</summary>
    public const int MaxWarningLength = 500;
}

/// <summary>A committed backup.</summary>
[GenerateSerializer, Immutable, Alias("rv.BackupOutcome")]
public sealed record BackupOutcome
{
    /// <summary>The job.</summary>
    [Id(0)]
    public required Guid JobId { get; init; }

    /// <summary>How it ended: Completed or CompletedWithWarnings.</summary>
    [Id(1)]
    public required JobStatus Status { get; init; }

    /// <summary>The recovery point.</summary>
    [Id(2)]
    public required RecoveryPointSummary RecoveryPoint { get; init; }

    /// <summary>Plaintext bytes of chunks that were new.</summary>
    [Id(3)]
    public required long BytesNew { get; init; }

    /// <summary>Bytes written to the store for them, compressed and sealed.</summary>
    [Id(4)]
    public required long BytesStored { get; init; }

    /// <summary>
    /// What the job warns of beside files that could not be read, such as a key that expires before long; not told again when the same
    /// operation is asked for twice.
    /// </summary>
    [Id(5)]
    public IReadOnlyList<JobError> Warnings { get; init; } = [];
}

/// <summary>Gives a backup up.</summary>
/// <param name="SessionId">Which.</param>
/// <param name="Error">Why; null when the user cancelled it.</param>
[GenerateSerializer, Immutable, Alias("rv.AbandonBackup")]
public sealed record AbandonBackup([property: Id(0)] Guid SessionId, [property: Id(1)] JobError? Error);
