using System.CommandLine;
using RecoveryVault.Catalogues;
using RecoveryVault.Cli.Output;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Restores;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault restore …</c></summary>
internal static class RestoreCommands
{
    public static Command Build() => CommandParts.Group("restore", "Restoring.", Run());

    private static CliCommand Run()
    {
        var (vaultName, itemName, name) = (CommandParts.VaultName(), CommandParts.ItemName(), RecoveryPointCommands.RecoveryPointName());
        var target = CommandParts.FilePath(
            "--target",
            "The directory that the content lands in; made if missing, refused if not empty.",
            "DIR"
        );
        var include = CommandParts.Many("--include", "Only these paths and what lies below them.", "PATH ...");
        var overwrite = CommandParts.Flag("--overwrite", "Replace what is in the target already.");
        var continueOnDamage = CommandParts.Flag(
            "--continue-on-damage",
            "Leave out files whose stored data is damaged and restore everything else."
        );
        return new CliCommand(
            "run",
            "Restores a recovery point, the latest unless another is named.",
            "rvault restore run --vault-name docs --item-name home --target /tmp/restored",
            "rvault restore run --vault-name docs --item-name home --rp-name 20261123T190412Z-1 --include letters/2026 --target /tmp/letters"
        )
        {
            vaultName,
            itemName,
            name,
            target,
            include,
            overwrite,
            continueOnDamage,
        }.Runs(
            async (run, cancellation) =>
            {
                var client = await run.ConnectAsync(cancellation: cancellation);
                var item = await client.FindItemAsync(run.Require(vaultName), run.Require(itemName));
                var report = await RunAsync(
                    run,
                    client,
                    item,
                    new RestoreOptions
                    {
                        Target = Path.GetFullPath(run.Require(target)),
                        RecoveryPoint = run.Get(name),
                        Include = [.. (run.Get(include) ?? []).Select(RecoveryPointCommands.PathOf)],
                        Overwrite = run.Get(overwrite),
                        ContinueOnDamage = run.Get(continueOnDamage),
                    },
                    cancellation
                );
                RequireComplete(report);
                Print(run, report);
                return report.NeverRead > 0 ? ExitCodes.DoneWithWarnings : ExitCodes.Done;
            }
        );
    }

    private static void Print(Invocation run, RestoreReport report)
    {
        run.Print(
            RestoreShape.Of(report),
            OutputJson.Plain.RestoreShape,
            (console, shown) =>
                Show.Facts(
                    console,
                    ("Recovery point", shown.RecoveryPoint),
                    ("Restored", $"{Show.Count(shown.EntriesTotal)} entries, {Show.Bytes(shown.BytesWritten)}"),
                    (
                        "Never backed up",
                        shown.FilesUnreadable > 0
                            ? $"{Show.Count(shown.FilesUnreadable)} files that could not be read then (listed above)"
                            : null
                    ),
                    ("Duration", Show.Duration(report.Duration))
                )
        );
    }

    /// <summary>Restores with progress, telling of everything that could not be restored.</summary>
    public static async Task<RestoreReport> RunAsync(
        Invocation run,
        VaultClient client,
        IProtectedItemGrain item,
        RestoreOptions options,
        CancellationToken cancellation
    )
    {
        options = options with
        {
            OnProblem = options.OnProblem ?? (problem => run.Tell(problem.ToString())),
            OnLost = lost => run.Tell(Describe(lost)),
            OnDamage = (path, code) => run.Tell($"{ProtectionCommands.Name(path)}: {code}: {ErrorTable.Find(code)?.Cause}"),
        };
        var report = await ProgressDisplay.RunAsync(
            run,
            "Restoring",
            () => new ProgressState(options.Counters.Entries, options.Counters.Bytes, options.Counters.BytesTotal),
            () => client.RestoreAsync(item, options, cancellation)
        );
        if (report.Notes.Length > 0)
            run.Tell(report.Notes);
        return report;
    }

    /// <summary>What can be said of entries nobody knows.</summary>
    public static string Describe(LostEntries lost)
    {
        var range = lost.Before is { } before
            ? $"from '{ProtectionCommands.Name(lost.First)}' up to, not including, '{ProtectionCommands.Name(before)}'"
            : $"from '{ProtectionCommands.Name(lost.First)}' on";
        return $"The list of files cannot be read {range}: {lost.Code}: {ErrorTable.Find(lost.Code)?.Cause}";
    }

    private static void RequireComplete(RestoreReport report)
    {
        if (report.Lost > 0)
            throw new VaultException(
                ErrorCodes.DataDamaged,
                $"{Show.Count(report.Lost)} part(s) of the list of files and {Show.Count(report.Damaged)} file(s) could not be read because stored data is damaged; they are listed above. Everything else was restored."
            );
        if (report.Damaged > 0)
            throw new VaultException(
                ErrorCodes.DataDamaged,
                $"{Show.Count(report.Damaged)} file(s) could not be restored because stored data is damaged; they are listed above. Everything else was restored."
            );
        if (report.Failed > 0)
            throw new VaultException(
                ErrorCodes.RestoreIncomplete,
                $"{Show.Count(report.Failed)} entries could not be restored as they were; they are listed above. Everything else was restored."
            );
    }
}
