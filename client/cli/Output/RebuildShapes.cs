using RecoveryVault.Rebuild;

namespace RecoveryVault.Cli.Output;

/// <summary>What became of each vault and item, and what belongs to none.</summary>
internal sealed record RebuildShape(
    bool DryRun,
    int VaultsRebuilt,
    int ItemsRebuilt,
    int NamesRebuilt,
    int Refused,
    IReadOnlyList<RebuiltVaultShape> Vaults,
    IReadOnlyList<ErrorShape> Problems,
    ErrorShape? Error
)
{
    public static RebuildShape Of(bool isDryRun, RebuildReport report, ErrorShape? error)
    {
        List<RebuiltVaultShape> vaults = [.. report.Vaults.Select(RebuiltVaultShape.Of)];
        var items = report.Vaults.SelectMany(v => v.Items).ToList();
        return new RebuildShape(
            isDryRun,
            report.Vaults.Count(v => v.Status == RebuildStatus.Rebuilt),
            items.Count(i => i.Status == RebuildStatus.Rebuilt),
            report.Vaults.Sum(v => v.NamesRebuilt),
            report.Vaults.Count(v => v.Status == RebuildStatus.Refused) + items.Count(i => i.Status == RebuildStatus.Refused),
            vaults,
            ErrorsOf(report.Problems),
            error
        );
    }

    public static IReadOnlyList<ErrorShape> ErrorsOf(IEnumerable<RebuildProblem> problems) =>
        [.. problems.Select(p => new ErrorShape(p.Code, p.Message, p.Recommendation))];
}

internal sealed record RebuiltVaultShape(
    string VaultId,
    string VaultName,
    string Status,
    string? Found,
    bool Deleted,
    int NamesRebuilt,
    IReadOnlyList<RebuiltItemShape> Items,
    IReadOnlyList<ErrorShape> Problems
)
{
    public static RebuiltVaultShape Of(RebuiltVault vault) =>
        new(
            vault.VaultId.ToString(),
            vault.Name,
            vault.Status.ToString(),
            vault.Found,
            vault.IsDeleted,
            vault.NamesRebuilt,
            [.. vault.Items.Select(RebuiltItemShape.Of)],
            RebuildShape.ErrorsOf(vault.Problems)
        );
}

internal sealed record RebuiltItemShape(
    string ItemId,
    string ItemName,
    string Status,
    string? Found,
    long RecoveryPoints,
    long KeyGeneration,
    IReadOnlyList<ErrorShape> Problems
)
{
    public static RebuiltItemShape Of(RebuiltItem item) =>
        new(
            item.Key.ItemId.ToString(),
            item.Name,
            item.Status.ToString(),
            item.Found,
            item.RecoveryPoints,
            item.KeyGeneration,
            RebuildShape.ErrorsOf(item.Problems)
        );
}
