using RecoveryVault.Cli.Output;
using RecoveryVault.Errors;
using RecoveryVault.Reclaim;
using Spectre.Console;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault store reclaim</c></summary>
internal static class StoreReclaimCommand
{
    public static CliCommand Build()
    {
        var dryRun = CommandParts.Flag("--dry-run", "Only say what would be done; nothing is changed.");
        return new CliCommand(
            "reclaim",
            "Frees space in every vault: deletes what retention policies keep no longer, purges what was deleted long enough ago, and frees what no recovery point needs any more.",
            "rvault store reclaim --dry-run"
        )
        {
            dryRun,
        }.Runs(
            async (run, cancellation) =>
            {
                var client = await run.ConnectAsync(cancellation: cancellation);
                var options = new ReclaimOptions { IsDryRun = run.Get(dryRun) };
                var items = await ProgressDisplay.RunAsync(
                    run,
                    options.IsDryRun ? "Looking" : "Reclaiming",
                    () => new ProgressState(options.Watch.Steps, options.Watch.Bytes, 0),
                    () => client.ReclaimAsync(options, cancellation)
                );
                return Print(run, options.IsDryRun, items);
            }
        );
    }

    /// <summary>All is printed also when an item failed: the others' space is freed.</summary>
    private static int Print(Invocation run, bool isDryRun, IReadOnlyList<ReclaimedItem> items)
    {
        var failure = FailureOf(items);
        var error = failure is null ? null : new ErrorShape(failure.Code, failure.Message, failure.Recommendation);
        run.Print(ReclaimShape.Of(isDryRun, items, error), OutputJson.Plain.ReclaimShape, Show);
        foreach (var item in items)
        foreach (var problem in item.Outcome.Report?.Warnings ?? [])
            run.Tell($"{item.VaultName}/{item.ItemName}: {problem.Code}: {problem.Message} {problem.Recommendation}");
        if (failure is not null)
        {
            run.HasStartedOutput = true;
            throw failure;
        }
        return items.Any(i => i.IsBusy || i.Outcome.Report is { Warnings.Count: > 0 }) ? ExitCodes.DoneWithWarnings : ExitCodes.Done;
    }

    /// <summary>The first failure, and how many more there are; null when none failed.</summary>
    private static VaultException? FailureOf(IReadOnlyList<ReclaimedItem> items)
    {
        var failed = items.Where(i => i.IsFailed).ToList();
        if (failed is not [{ Outcome.Error: { } error } first, ..])
            return null;
        var others = failed.Count == 1 ? "" : $" {failed.Count - 1} more item(s) failed; see the table.";
        return new VaultException(
            error.Code,
            $"Item '{first.ItemName}' of vault '{first.VaultName}': {error.Message}{others}",
            error.Recommendation
        );
    }

    private static void Show(IAnsiConsole console, ReclaimShape shown)
    {
        Output.Show.Table(
            console,
            shown.Items,
            "No protected items: there is nothing to reclaim.",
            ("Vault", i => i.VaultName),
            ("Item", i => i.ItemName),
            ("Status", i => i.Status),
            ("Expired", i => Output.Show.Count(i.RecoveryPointsExpired)),
            ("Purged", i => Output.Show.Count(i.RecoveryPointsPurged)),
            ("To be purged", i => i.NextPurge is { } next ? $"{i.RecoveryPointsDeleted} from {Output.Show.Time(next)}" : null),
            ("Stored", i => Output.Show.Bytes(i.BytesTotal)),
            ("Freed", i => Output.Show.Bytes(i.BytesFreed)),
            ("Rewritten", i => Output.Show.Bytes(i.BytesRewritten)),
            ("Waiting", i => Output.Show.Bytes(i.BytesWaiting))
        );
        foreach (var item in shown.Items.Where(i => i.WaitingFor is not null))
            console.WriteLine($"{item.VaultName}/{item.ItemName} waits: {item.WaitingFor}.".Replace("..", ".", StringComparison.Ordinal));
        if (shown.Items.Count > 0)
            console.WriteLine(SumOf(shown));
    }

    private static string SumOf(ReclaimShape shown)
    {
        var expired = $"{Output.Show.Count(shown.RecoveryPointsExpired)} recovery point(s) expired";
        var purged = $"{Output.Show.Count(shown.RecoveryPointsPurged)} purged";
        var freed = $"{Output.Show.Bytes(shown.BytesFreed)} freed";
        return shown.DryRun
            ? $"Dry run, nothing was changed. It would be: {expired}, {purged}, {freed}."
            : $"{expired}, {purged}, {freed}.";
    }
}
