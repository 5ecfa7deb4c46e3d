using System.CommandLine;
using RecoveryVault.Cli.Output;
using RecoveryVault.Cli.Quickstart;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using Spectre.Console;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault quickstart</c></summary>
internal static class QuickstartCommand
{
    public static CliCommand Build()
    {
        var source = new Argument<string>("DIR") { Description = "A directory of your own." };
        var keep = CommandParts.Flag("--keep", "Keep the store (in ~/.recoveryvault unless --store says where) and its keys.");
        return new CliCommand(
            "quickstart",
            "The whole story on your own files: key, vault, backup, key rotation, backup, restore, comparison; in a temporary store.",
            "rvault quickstart ~/Documents"
        )
        {
            source,
            keep,
        }.Runs((run, cancellation) => RunAsync(run, Path.GetFullPath(run.Require(source)), run.Get(keep), cancellation));
    }

    private static async Task<int> RunAsync(Invocation run, string source, bool keep, CancellationToken cancellation)
    {
        var started = Invocation.Time.GetTimestamp();
        using var place = new QuickstartPlace(run, keep);
        var scan = QuickstartScan.Run(source, cancellation);
        place.Require(scan);
        place.CreateTemporary();
        Tell(run, "Source", $"{source}: {Show.Count(scan.Files)} files, {Show.Bytes(scan.Bytes)}");
        var store = await EmbeddedStore.OpenAsync(place.StoreOptions, Invocation.Time, cancellation);
        Tell(run, "Store", $"{place.StoreOptions.StorePath}{(place.IsKept ? "" : " (temporary)")}");
        await using var silo = await run.StartAsync(store, cancellation);
        var story = new QuickstartStory(run, silo, place, source, (step, text) => Tell(run, step, text));
        await story.RunAsync(cancellation);
        Report(run, story, place, store, Invocation.Time.GetElapsedTime(started));
        if (story.Differences.Count == 0 && story.Restored is { Failed: 0, Damaged: 0 })
            return ExitCodes.Done;
        foreach (var difference in story.Differences.Take(100))
            run.Tell(difference);
        throw new VaultException(
            ErrorCodes.RestoreIncomplete,
            $"{Show.Count(story.Differences.Count)} differences between what was read and what was restored; they are listed above.",
            "This is a fault of the program: please report it."
        );
    }

    private static void Tell(Invocation run, string step, string text)
    {
        if (!run.IsJson)
            Consoles.Output.WriteLine($"{step, -14}{text}");
    }

    private static void Report(Invocation run, QuickstartStory story, QuickstartPlace place, EmbeddedStore store, TimeSpan duration)
    {
        var shape = QuickstartShape.Of(
            story,
            place.IsKept ? place.StoreOptions.StorePath : null,
            place.IsKept ? store.KeysPath : null,
            duration
        );
        run.Print(
            shape,
            OutputJson.Plain.QuickstartShape,
            (console, shown) =>
            {
                console.WriteLine();
                RecoveryPointCommands.ShowPoints(console, shown.RecoveryPoints);
                console.WriteLine();
                VaultEncryptionCommands.ShowVersions(console, [.. story.KeyVersions.Where(v => !KeyVersions.IsPlatform(v.KeyId))]);
                console.WriteLine();
                ShowApart(console, "could not be read and are not in the backup (listed above)", shown.FilesUnreadable);
                ShowApart(console, "changed while they were read (listed above)", shown.FilesChanged);
                console.WriteLine(
                    place.IsKept
                        ? $"The store is kept in {shown.Store}, its keys in {shown.Keys}. Without the keys the store cannot be read: keep a copy of them elsewhere with 'rvault keyvault backup --out FILE'."
                        : "The temporary store, its keys and the restored copy are removed."
                );
                console.WriteLine(shown.Differences == 0 ? $"All of it held, in {Show.Duration(duration)}." : "NOT all of it held.");
            }
        );
    }

    private static void ShowApart(IAnsiConsole console, string what, long count)
    {
        if (count > 0)
            console.WriteLine($"{Show.Count(count)} files {what}.");
    }
}
