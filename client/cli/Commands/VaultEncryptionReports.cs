using System.CommandLine;
using System.CommandLine.Parsing;
using RecoveryVault.Cli.Output;
using RecoveryVault.Reports;
using RecoveryVault.Vaults;

namespace RecoveryVault.Cli.Commands;

/// <summary>The signed forms of <c>rvault vault encryption update --dry-run</c> and <c>versions</c>.</summary>
internal static class VaultEncryptionReports
{
    public static Option<bool> DryRun() =>
        CommandParts.Flag("--dry-run", "Only say, in a signed report, what the change would meet; nothing is changed.");

    public static void RequireDryRun(CommandResult result, Option<string?> report, Option<bool> dryRun)
    {
        if (result.GetResult(report) is not null && !result.GetValue(dryRun))
            result.AddError("--report goes with --dry-run: what is done stands in the job and in the activity log.");
    }

    /// <summary>Says what a change would meet; fails as the change would.</summary>
    public static async Task<int> DryRunAsync(
        Invocation run,
        NamedVault vault,
        UpdateEncryption request,
        string? path,
        CancellationToken cancellation
    )
    {
        var document = ReportDocument.Of(await vault.Vault.DryRunEncryptionAsync(request));
        var report = document.Read(ReportJson.Default.KeyChangeReport);
        await ReportFiles.WriteAsync(run, path, document, cancellation);
        run.Print(
            KeyChangeShape.Of(document, report.Refusal),
            OutputJson.Plain.KeyChangeShape,
            (console, shown) =>
            {
                ShowReport.KeyChange(console, report);
                ShowReport.Signature(console, report, shown.Signature);
            }
        );
        if (report.Refusal is not { } refusal)
            return ExitCodes.Done;
        run.Tell($"{refusal.Code}: {refusal.Message}");
        run.Tell(refusal.Recommendation);
        return ExitCodes.Failed;
    }

    public static async Task PrintVersionsAsync(Invocation run, NamedVault vault, string? path, CancellationToken cancellation)
    {
        var document = ReportDocument.Of(await vault.Vault.ReportKeyVersionsAsync());
        var report = document.Read(ReportJson.Default.KeyVersionsReport);
        await ReportFiles.WriteAsync(run, path, document, cancellation);
        run.Print(
            document,
            OutputJson.Plain.ReportDocument,
            (console, shown) =>
            {
                ShowVaultKey.Versions(console, report.Versions);
                ShowReport.Signature(console, report, shown.Signature);
            }
        );
    }
}
