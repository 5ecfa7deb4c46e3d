using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Vaults;

namespace RecoveryVault.Rebuild;

/// <summary>What is to be done about a store whose grains' records were lost.</summary>
public sealed record RebuildOptions
{
    /// <summary>Says what would be done, and writes nothing.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>
    /// Rebuilds also what the store shows to be incomplete: from the newest there is, with everything kept and nothing let go of.
    /// </summary>
    public bool AcceptsLoss { get; init; }

    /// <summary>The verified caller, for the activity log.</summary>
    public required string Caller { get; init; }
}

/// <summary>What became of a record.</summary>
public enum RebuildStatus
{
    /// <summary>It was there and is as it was.</summary>
    Kept,

    /// <summary>It was missing or unreadable, and was made again.</summary>
    Rebuilt,

    /// <summary>It could not be made again; the problems say why.</summary>
    Refused,
}

/// <summary>What somebody should know: a thing that was refused, ignored, or found missing.</summary>
public sealed record RebuildProblem(string Code, string Message, string Recommendation)
{
    public static RebuildProblem Of(VaultException e) => new(e.Code, e.Message, e.Recommendation);

    public static RebuildProblem Of(string code, string message) => Of(new VaultException(code, message));
}

/// <summary>What became of an item.</summary>
/// <param name="Name">Its name; its id while nothing says its name.</param>
/// <param name="Found">What was wrong with its record; null when nothing was.</param>
/// <param name="RecoveryPoints">How many were ever committed.</param>
/// <param name="KeyGeneration">That its keys are wrapped under.</param>
public sealed record RebuiltItem(
    ItemKey Key,
    string Name,
    RebuildStatus Status,
    string? Found,
    long RecoveryPoints,
    long KeyGeneration,
    IReadOnlyList<RebuildProblem> Problems
);

/// <summary>What became of a vault and what is in it.</summary>
/// <param name="Name">Its name; its id while nothing says its name.</param>
/// <param name="Found">What was wrong with its record; null when nothing was.</param>
/// <param name="IsDeleted">Nothing of it can be had back: only that it was is remembered.</param>
/// <param name="NamesRebuilt">How many names lead to their bearers again.</param>
public sealed record RebuiltVault(
    VaultId VaultId,
    string Name,
    RebuildStatus Status,
    string? Found,
    bool IsDeleted,
    int NamesRebuilt,
    IReadOnlyList<RebuiltItem> Items,
    IReadOnlyList<RebuildProblem> Problems
)
{
    /// <summary>Something of it was made again.</summary>
    public bool IsTouched => Status == RebuildStatus.Rebuilt || NamesRebuilt > 0 || Items.Any(i => i.Status == RebuildStatus.Rebuilt);
}

/// <summary>What became of a store.</summary>
/// <param name="Problems">What belongs to no vault.</param>
public sealed record RebuildReport(IReadOnlyList<RebuiltVault> Vaults, IReadOnlyList<RebuildProblem> Problems)
{
    /// <summary>The first thing that could not be made again; null when all could.</summary>
    public RebuildProblem? Failure =>
        Vaults
            .Where(v => v.Status == RebuildStatus.Refused)
            .SelectMany(v => v.Problems)
            .Concat(Vaults.SelectMany(v => v.Items).Where(i => i.Status == RebuildStatus.Refused).SelectMany(i => i.Problems))
            .FirstOrDefault();

    public bool HasProblems => Problems.Count > 0 || Vaults.Any(v => v.Problems.Count > 0 || v.Items.Any(i => i.Problems.Count > 0));
}
