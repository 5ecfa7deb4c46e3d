using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Jobs;

namespace RecoveryVault.Items;

/// <summary>What a reading session is for.</summary>
public enum RestorePurpose
{
    /// <summary>Never sent.</summary>
    Unknown = 0,

    /// <summary>Writing files somewhere; a Restore job.</summary>
    Restore = 1,

    /// <summary>Checking that all can be read; a Verify job.</summary>
    Verify = 2,

    /// <summary>Looking at the list of files; no job.</summary>
    Browse = 3,
}

/// <summary>Begins a reading session.</summary>
/// <param name="OperationId">Chosen by the caller.</param>
/// <param name="RecoveryPoint">Its name; null: the latest.</param>
/// <param name="Purpose">What for.</param>
/// <param name="Target">Where to, for the job's record; empty when there is none.</param>
[GenerateSerializer, Immutable, Alias("rv.BeginRestore")]
public sealed record BeginRestore(
    [property: Id(0)] Guid OperationId,
    [property: Id(1)] string? RecoveryPoint,
    [property: Id(2)] RestorePurpose Purpose,
    [property: Id(3)] string Target = ""
);

/// <summary>A begun reading session.</summary>
[GenerateSerializer, Immutable, Alias("rv.RestoreTicket")]
public sealed record RestoreTicket
{
    /// <summary>Its job; null when browsing.</summary>
    [Id(0)]
    public required Guid? JobId { get; init; }

    /// <summary>Opens the data plane.</summary>
    [Id(1)]
    public required SessionTicket Session { get; init; }

    /// <summary>What is read.</summary>
    [Id(2)]
    public required RecoveryPointSummary RecoveryPoint { get; init; }

    /// <summary>Its catalogue.</summary>
    [Id(3)]
    public required CatalogueRoot Catalogue { get; init; }

    /// <summary>Where it was read from.</summary>
    [Id(4)]
    public required ItemSource Source { get; init; }

    /// <summary>The counts of the backup.</summary>
    [Id(5)]
    public required BackupStatistics Statistics { get; init; }
}

/// <summary>Ends a reading session.</summary>
/// <param name="SessionId">Which.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Errors">Errors and warnings, at most 100.</param>
/// <param name="Properties">Counts for the job's record.</param>
[GenerateSerializer, Immutable, Alias("rv.EndRestore")]
public sealed record EndRestore(
    [property: Id(0)] Guid SessionId,
    [property: Id(1)] JobStatus Status,
    [property: Id(2)] IReadOnlyList<JobError> Errors,
    [property: Id(3)] IReadOnlyDictionary<string, string> Properties
);
