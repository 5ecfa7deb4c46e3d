using System.CommandLine;
using RecoveryVault.Cli.Output;
using RecoveryVault.Errors;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault activity-log …</c></summary>
internal static class ActivityLogCommands
{
    public static Command Build() => CommandParts.Group("activity-log", "Who changed what when.", List(), Verify());

    private static CliCommand List()
    {
        var vaultName = CommandParts.VaultName();
        return new CliCommand("list", "Lists a vault's activity log, newest first.", "rvault activity-log list --vault-name docs")
        {
            vaultName,
        }.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(vaultName));
                List<LogEntryShape> entries = [];
                await foreach (var entry in VaultClient.AllAsync(vault.Activity.ListAsync))
                    entries.Add(LogEntryShape.Of(entry));
                run.Print(
                    [.. entries],
                    OutputJson.Plain.LogEntryShapeArray,
                    (console, shown) =>
                        Show.Table(
                            console,
                            shown,
                            "Nothing has happened yet.",
                            ("Seq", e => $"{e.Seq}"),
                            ("Time", e => Show.Time(e.Time)),
                            ("Caller", e => e.Caller),
                            ("Operation", e => e.Operation),
                            ("Status", e => e.Status),
                            ("Details", e => string.Join(" ", e.Details.Select(d => $"{d.Key}={d.Value}")))
                        )
                );
            }
        );
    }

    private static CliCommand Verify()
    {
        var vaultName = CommandParts.VaultName();
        return new CliCommand(
            "verify",
            "Checks the log's hash chain and its checkpoints: finds any entry changed, removed or put in another place, also at the end.",
            "rvault activity-log verify --vault-name docs"
        )
        {
            vaultName,
        }.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(vaultName));
                var (total, checkpoints, marks) = (0L, 0L, 0L);
                SortedSet<string> keyIds = new(StringComparer.Ordinal);
                for (long? seq = 1; seq is { } from; )
                {
                    var check = await vault.Activity.VerifyAsync(from);
                    total += check.Checked;
                    checkpoints += check.Checkpoints;
                    marks += check.Marks;
                    if (check.Fault is { } fault)
                        throw new VaultException(
                            ErrorCodes.RecordTampered,
                            $"Entry {check.FaultSeq}: {fault} The {total} entries before it are good."
                        );
                    keyIds.UnionWith(check.KeyIds.Split(' ', StringSplitOptions.RemoveEmptyEntries));
                    seq = check.NextSeq;
                }
                run.Print(
                    new LogVerificationShape(total, checkpoints, marks, [.. keyIds]),
                    OutputJson.Plain.LogVerificationShape,
                    (console, shown) =>
                        Spectre.Console.AnsiConsoleExtensions.WriteLine(
                            console,
                            $"{Show.Count(shown.EntriesChecked)} entries and {Show.Count(shown.CheckpointsChecked)} checkpoints, all in their places; "
                                + $"{Show.Count(shown.WitnessesAgreeing)} other records remember the log and agree. "
                                + $"Made with {string.Join(", ", shown.KeyIds)}."
                        )
                );
            }
        );
    }
}
