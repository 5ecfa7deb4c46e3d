using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using RecoveryVault.Catalogues;
using RecoveryVault.Cli.Output;
using RecoveryVault.Errors;
using RecoveryVault.Restores;
using Spectre.Console;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault recoverypoint …</c></summary>
internal static partial class RecoveryPointCommands
{
    public static Command Build() =>
        CommandParts.Group(
            "recoverypoint",
            "Recovery points of an item.",
            List(),
            ShowOne(),
            Files(),
            Verify(),
            DeletionCommands.Delete(),
            DeletionCommands.Undelete()
        );

    public static Option<string?> RecoveryPointName(params string[] aliases) =>
        new("--rp-name", aliases) { Description = "The recovery point's name; the latest when left out.", HelpName = "RP" };

    private static CliCommand List()
    {
        var (vaultName, itemName) = (CommandParts.VaultName(), CommandParts.ItemName());
        return new CliCommand(
            "list",
            "Lists an item's recovery points, newest first, with the key version each needs today.",
            "rvault recoverypoint list --vault-name docs --item-name home"
        )
        {
            vaultName,
            itemName,
        }.Runs(
            async (run, cancellation) =>
            {
                var item = await (await run.ConnectAsync(cancellation: cancellation)).FindItemAsync(
                    run.Require(vaultName),
                    run.Require(itemName)
                );
                List<RecoveryPointShape> points = [];
                await foreach (var point in VaultClient.AllAsync(item.ListRecoveryPointsAsync))
                    points.Add(RecoveryPointShape.Of(point));
                run.Print([.. points], OutputJson.Plain.RecoveryPointShapeArray, ShowPoints);
            }
        );
    }

    public static void ShowPoints(IAnsiConsole console, IReadOnlyCollection<RecoveryPointShape> points) =>
        Show.Table(
            console,
            points,
            "No recovery points.",
            ("Name", p => p.Name),
            ("Time", p => Show.Time(p.Time)),
            ("Size", p => Show.Bytes(p.SizeBytes)),
            ("Files", p => Show.Count(p.Files)),
            ("Status", p => p.Status),
            ("Expires", p => p.Expires is { } e ? Show.Time(e) : null),
            ("Key version needed", p => KeyVersionShape.ForPeople(p.KeyVersion)),
            ("Key version at backup", p => KeyVersionShape.ForPeople(p.KeyVersionAtBackup))
        );

    private static CliCommand ShowOne()
    {
        var (vaultName, itemName, name) = (CommandParts.VaultName(), CommandParts.ItemName(), RecoveryPointName("--name", "-n"));
        return new CliCommand(
            "show",
            "Shows a recovery point.",
            "rvault recoverypoint show --vault-name docs --item-name home --rp-name 20261123T190412Z-1"
        )
        {
            vaultName,
            itemName,
            name,
        }.Runs(
            async (run, cancellation) =>
            {
                var item = await (await run.ConnectAsync(cancellation: cancellation)).FindItemAsync(
                    run.Require(vaultName),
                    run.Require(itemName)
                );
                var point = run.Get(name) is { } given
                    ? await item.GetRecoveryPointAsync(given)
                    : (await item.GetAsync()).Latest
                        ?? throw new VaultException(
                            ErrorCodes.RecoveryPointNotFound,
                            $"Item '{run.Require(itemName)}' has no recovery point yet."
                        );
                run.Print(RecoveryPointShape.Of(point), OutputJson.Plain.RecoveryPointShape, ShowPoint);
            }
        );
    }

    public static void ShowPoint(IAnsiConsole console, RecoveryPointShape point) =>
        Show.Facts(
            console,
            ("Name", point.Name),
            ("Time", Show.Time(point.Time)),
            ("Status", point.Status),
            ("Deleted", point.DeletedAt is { } at ? $"{Show.Time(at)}{Reason(point.DeletionReason)}" : null),
            ("Size", Show.Bytes(point.SizeBytes)),
            ("Files", Show.Count(point.Files)),
            ("Unreadable", point.FilesUnreadable > 0 ? Show.Count(point.FilesUnreadable) : null),
            ("Sequence number", $"{point.Seq}"),
            ("Head hash", point.HeadHash),
            ("Previous hash", point.PrevHash),
            ("Key version needed", KeyVersionShape.ForPeople(point.KeyVersion)),
            ("Key version at backup", KeyVersionShape.ForPeople(point.KeyVersionAtBackup)),
            ("Kept until", point.RetainUntil is { } until ? $"{Show.Time(until)}, whatever is deleted" : null),
            ("Expires", point.Expires is { } e ? $"{Show.Time(e)}; until it is purged it can be had back" : "never by itself")
        );

    private static string Reason(string? reason) => string.IsNullOrEmpty(reason) ? "" : $" ({reason})";

    private static CliCommand Files()
    {
        var (vaultName, itemName, name) = (CommandParts.VaultName(), CommandParts.ItemName(), RecoveryPointName());
        var path = CommandParts.Optional("--path", "Only this path and what lies below it.", "PATH");
        return new CliCommand(
            "files",
            "Lists the files of a recovery point.",
            "rvault recoverypoint files --vault-name docs --item-name home --path letters/2026"
        )
        {
            vaultName,
            itemName,
            name,
            path,
        }.Runs(
            async (run, cancellation) =>
            {
                var client = await run.ConnectAsync(cancellation: cancellation);
                var item = await client.FindItemAsync(run.Require(vaultName), run.Require(itemName));
                var from = PathOf(run.Get(path) ?? "");
                await using var entries = client.ListFilesAsync(item, run.Get(name), from, cancellation).GetAsyncEnumerator(cancellation);
                // The first before anything is printed: until then a failure can still be told as a document of its own.
                if (!await entries.MoveNextAsync())
                    throw new VaultException(ErrorCodes.PathNotFound, $"The recovery point has no path '{from}'.");
                run.HasStartedOutput = true;
                await (run.IsJson ? PrintJsonAsync(run, entries) : PrintLinesAsync(run, entries));
            }
        );
    }

    /// <summary>
    /// A path below the source's root as people type it, or as it was printed: \xNN is that byte.
    /// </summary>
    public static RelativePath PathOf(string text)
    {
        var trimmed = text is "." ? "" : (text.StartsWith("./", StringComparison.Ordinal) ? text[2..] : text).Trim('/');
        var bytes = new List<byte>(trimmed.Length);
        for (var at = 0; at < trimmed.Length; )
        {
            var escaped = EscapedByte().Match(trimmed, at);
            if (escaped.Success)
                bytes.Add(Convert.ToByte(escaped.ValueSpan[2..].ToString(), 16));
            else
                bytes.AddRange(Encoding.UTF8.GetBytes(trimmed.Substring(at, char.IsSurrogatePair(trimmed, at) ? 2 : 1)));
            at +=
                escaped.Success ? escaped.Length
                : char.IsSurrogatePair(trimmed, at) ? 2
                : 1;
        }
        return new RelativePath(bytes.ToArray());
    }

    private static async Task PrintLinesAsync(Invocation run, IAsyncEnumerator<CatalogueEntry> entries)
    {
        do
        {
            var entry = entries.Current;
            var target = entry.LinkTarget.IsEmpty ? "" : $" -> {new RelativePath(entry.LinkTarget)}";
            var modified = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(entry.ModifiedAt.Seconds, -62_135_596_800, 253_402_300_799));
            await run.Consoles.OutputWriter.WriteLineAsync(
                $"{FileShape.ModeOf(entry)} {entry.Uid, 6} {entry.Gid, 6} {entry.Size, 14} {Show.Time(modified)} {ProtectionCommands.Name(entry.Path)}{target}"
            );
        } while (await entries.MoveNextAsync());
    }

    /// <summary>Written entry by entry: a list of ten million files is never held in memory.</summary>
    private static async Task PrintJsonAsync(Invocation run, IAsyncEnumerator<CatalogueEntry> entries)
    {
        var output = run.Consoles.OutputWriter;
        var separator = '[';
        do
        {
            await output.WriteAsync(separator);
            await output.WriteAsync(JsonSerializer.Serialize(FileShape.Of(entries.Current), OutputJson.Lines.FileShape));
            separator = ',';
        } while (await entries.MoveNextAsync());
        await output.WriteLineAsync(']');
    }

    [GeneratedRegex(@"\G\\x[0-9a-fA-F]{2}")]
    private static partial Regex EscapedByte();

    private static CliCommand Verify()
    {
        var (vaultName, itemName, name) = (CommandParts.VaultName(), CommandParts.ItemName(), RecoveryPointName());
        var readData = CommandParts.Flag("--read-data", "Read, open and check every byte instead of looking up where it lies.");
        return new CliCommand(
            "verify",
            "Checks that a recovery point can be restored; damage is exit code 1.",
            "rvault recoverypoint verify --vault-name docs --item-name home --read-data"
        )
        {
            vaultName,
            itemName,
            name,
            readData,
        }.Runs(
            async (run, cancellation) =>
            {
                var client = await run.ConnectAsync(cancellation: cancellation);
                var item = await client.FindItemAsync(run.Require(vaultName), run.Require(itemName));
                var options = new VerifyOptions
                {
                    RecoveryPoint = run.Get(name),
                    ReadData = run.Get(readData),
                    OnLost = lost => run.Tell(RestoreCommands.Describe(lost)),
                    OnDamage = (damaged, code) => run.Tell($"{ProtectionCommands.Name(damaged)}: {code}"),
                };
                var report = await ProgressDisplay.RunAsync(
                    run,
                    "Verifying",
                    () => new ProgressState(options.Counters.Entries, options.Counters.Bytes, options.Counters.BytesTotal),
                    () => client.VerifyAsync(item, options, cancellation)
                );
                if (report.Lost > 0)
                    throw new VaultException(
                        ErrorCodes.DataDamaged,
                        $"{Show.Count(report.Lost)} part(s) of the list of files and {Show.Count(report.Damaged)} file(s) of recovery point {report.RecoveryPoint} cannot be read; they are listed above."
                    );
                if (report.Damaged > 0)
                    throw new VaultException(
                        ErrorCodes.DataDamaged,
                        $"{Show.Count(report.Damaged)} file(s) of recovery point {report.RecoveryPoint} cannot be restored; they are listed above."
                    );
                run.Print(
                    VerifyShape.Of(report),
                    OutputJson.Plain.VerifyShape,
                    (console, shown) =>
                        Show.Facts(
                            console,
                            ("Recovery point", shown.RecoveryPoint),
                            (
                                "Checked",
                                $"{Show.Count(shown.EntriesTotal)} entries, {Show.Bytes(shown.BytesChecked)} {(shown.DataRead ? "read and opened" : "looked up")}"
                            ),
                            ("Damaged", "nothing"),
                            ("Duration", Show.Duration(report.Duration))
                        )
                );
            }
        );
    }
}
