using RecoveryVault.Cli.Output;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Rebuild;
using Spectre.Console;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault store rebuild</c></summary>
internal static class StoreRebuildCommand
{
    public static CliCommand Build()
    {
        var dryRun = CommandParts.Flag("--dry-run", "Only say what would be done; nothing is changed.");
        var acceptLoss = CommandParts.Flag(
            "--accept-loss",
            "Rebuild also what the store shows to be incomplete, from the newest there is: protection stopped, everything kept, the longest periods."
        );
        return new CliCommand(
            "rebuild",
            "Makes records of vaults, items and names again that are missing or unreadable, from the authenticated records beside them. What is there and authentic stays. No server may run on the store.",
            "rvault store rebuild --dry-run",
            "rvault store rebuild"
        )
        {
            dryRun,
            acceptLoss,
        }.Runs(
            async (run, cancellation) =>
            {
                if (run.NamesCluster)
                    throw new VaultException(
                        ErrorCodes.InvalidRequest,
                        "A store is rebuilt where it lies, while nothing serves it: not through a cluster.",
                        "Stop the cluster, leave --cluster and RVAULT_CLUSTER out, and name the store with --store."
                    );
                using var store = await EmbeddedStore.OpenAsync(run.StoreOptions(create: false), Invocation.Time, cancellation);
                var rebuild = new StoreRebuild(store.Blobs, store.Keyring, Invocation.Time);
                var options = new RebuildOptions
                {
                    IsDryRun = run.Get(dryRun),
                    AcceptsLoss = run.Get(acceptLoss),
                    Caller = $"{Environment.UserName}@{Environment.MachineName}",
                };
                var report = await ProgressDisplay.RunAsync(
                    run,
                    options.IsDryRun ? "Looking" : "Rebuilding",
                    () => new ProgressState(rebuild.Examined, 0, 0),
                    () => rebuild.RunAsync(options, cancellation)
                );
                return Print(run, options.IsDryRun, report);
            }
        );
    }

    /// <summary>All is printed also when something was refused: the rest is rebuilt.</summary>
    private static int Print(Invocation run, bool isDryRun, RebuildReport report)
    {
        var shape = RebuildShape.Of(isDryRun, report, null);
        var failure = FailureOf(report, shape.Refused);
        if (failure is not null)
            shape = shape with { Error = new ErrorShape(failure.Code, failure.Message, failure.Recommendation) };
        run.Print(shape, OutputJson.Plain.RebuildShape, Show);
        foreach (var problem in AllProblems(shape))
            run.Tell(problem);
        if (failure is not null)
        {
            run.HasStartedOutput = true;
            throw failure;
        }
        return report.HasProblems ? ExitCodes.DoneWithWarnings : ExitCodes.Done;
    }

    private static VaultException? FailureOf(RebuildReport report, int refused) =>
        report.Failure is not { } first
            ? null
            : new VaultException(
                first.Code,
                refused == 1 ? first.Message : $"{first.Message} {refused - 1} more could not be rebuilt; see above.",
                first.Recommendation
            );

    private static IEnumerable<string> AllProblems(RebuildShape shape)
    {
        foreach (var vault in shape.Vaults)
        {
            foreach (var problem in vault.Problems)
                yield return $"{vault.VaultName}: {problem.Code}: {problem.Message} {problem.Recommendation}";
            foreach (var item in vault.Items)
            foreach (var problem in item.Problems)
                yield return $"{vault.VaultName}/{item.ItemName}: {problem.Code}: {problem.Message} {problem.Recommendation}";
        }
        foreach (var problem in shape.Problems)
            yield return $"{problem.Code}: {problem.Message} {problem.Recommendation}";
    }

    private sealed record Line(string Vault, string? Item, string Status, string? Found, long? Points, string? Notes);

    private static void Show(IAnsiConsole console, RebuildShape shown)
    {
        List<Line> lines = [];
        foreach (var vault in shown.Vaults)
        {
            var name = vault.Deleted ? $"{vault.VaultName} (deleted)" : vault.VaultName;
            lines.Add(new(name, null, vault.Status, vault.Found, null, NotesOf(vault.NamesRebuilt, vault.Problems.Count)));
            lines.AddRange(
                vault.Items.Select(i => new Line(name, i.ItemName, i.Status, i.Found, i.RecoveryPoints, NotesOf(0, i.Problems.Count)))
            );
        }
        Output.Show.Table(
            console,
            lines,
            "No vaults: there is nothing to rebuild.",
            ("Vault", l => l.Vault),
            ("Item", l => l.Item),
            ("Status", l => l.Status),
            ("Record was", l => l.Found),
            ("Recovery points", l => l.Points is { } points ? Output.Show.Count(points) : null),
            ("Notes", l => l.Notes)
        );
        console.WriteLine(SumOf(shown));
    }

    private static string? NotesOf(int names, int problems) =>
        (names, problems) switch
        {
            (0, 0) => null,
            (0, _) => $"{problems} problem(s), see below",
            (_, 0) => $"{names} name(s) again",
            _ => $"{names} name(s) again; {problems} problem(s), see below",
        };

    private static string SumOf(RebuildShape shown)
    {
        var sum =
            $"{shown.VaultsRebuilt} vault(s), {shown.ItemsRebuilt} item(s) and {shown.NamesRebuilt} name(s) rebuilt, {shown.Refused} could not be.";
        return shown.DryRun ? $"Dry run, nothing was changed. It would be: {sum}" : sum;
    }
}
