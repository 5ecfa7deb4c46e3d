using System.CommandLine;
using RecoveryVault.Cli.Output;
using RecoveryVault.Cli.Quickstart;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.KeyVaults;
using Spectre.Console;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault quickstart</c></summary>
internal static class QuickstartCommand
{
    private const int MaxListed = 100;

    public static CliCommand Build()
    {
        var source = new Argument<string>("DIR") { Description = "A directory of your own." };
        source.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.Length == 0))
                result.AddError("DIR is empty.");
        });
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
        Tell(run, "Source", $"{source}: {Show.Count(scan.Files)} files, {Show.Bytes(scan.Bytes)}");
        var store = await EmbeddedStore.OpenAsync(place.StoreOptions, Invocation.Time, cancellation);
        Tell(run, "Store", $"{place.StoreOptions.StorePath}{(place.IsKept ? $", its keys in {store.KeysPath}" : " (temporary)")}");
        var story = await TellStoryAsync(run, place, store, source, scan, cancellation);
        place.Dispose();
        Report(run, story, place, store.KeysPath, Invocation.Time.GetElapsedTime(started));
        return ExitCodes.Done;
    }

    private static async Task<QuickstartStory> TellStoryAsync(
        Invocation run,
        QuickstartPlace place,
        EmbeddedStore store,
        string source,
        QuickstartScan scan,
        CancellationToken cancellation
    )
    {
        try
        {
            await using var silo = await run.StartAsync(store, KeyVaultAccess.WithoutServer(), cancellation);
            var story = new QuickstartStory(run, silo, place, source, scan, (step, text) => Tell(run, step, text));
            await story.RunAsync(cancellation);
            RequireSound(run, story);
            return story;
        }
        catch (Exception) when (place.IsKept)
        {
            run.Tell($"The store stays in {place.StoreOptions.StorePath}, its keys in {store.KeysPath}.");
            throw;
        }
    }

    private static void RequireSound(Invocation run, QuickstartStory story)
    {
        if (story.Differences.Count == 0 && story.Restored is { Failed: 0, Damaged: 0 })
            return;
        foreach (var difference in story.Differences.Take(MaxListed))
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
            run.Consoles.Output.WriteLine($"{step, -14}{text}");
    }

    private static void Report(Invocation run, QuickstartStory story, QuickstartPlace place, string keysPath, TimeSpan duration) =>
        run.Print(
            QuickstartShape.Of(story, place.IsKept ? place.StoreOptions.StorePath : null, place.IsKept ? keysPath : null, duration),
            OutputJson.Plain.QuickstartShape,
            (console, shown) =>
            {
                console.WriteLine();
                RecoveryPointCommands.ShowPoints(console, shown.RecoveryPoints);
                console.WriteLine();
                ShowVaultKey.Versions(console, shown.KeyVersions);
                console.WriteLine();
                ShowApart(console, "Could not be read and are not in the backup", shown.FilesUnreadable, shown.Unreadable);
                ShowApart(
                    console,
                    "Changed while they were read, and are in the backup as they were read",
                    shown.FilesChanged,
                    shown.Changed
                );
                console.WriteLine(
                    place.IsKept
                        ? $"The store is kept in {shown.Store}, its keys in {shown.Keys}. Without the keys the store cannot be read: keep a copy of them elsewhere with 'rvault keyvault backup --out FILE'."
                        : "The temporary store, its keys and the restored copy are removed."
                );
                console.WriteLine($"All of it held, in {Show.Duration(duration)}.");
            }
        );

    private static void ShowApart(IAnsiConsole console, string title, long count, IReadOnlyList<string> listed)
    {
        if (count == 0 && listed.Count == 0)
            return;
        console.WriteLine($"{title} ({Show.Count(Math.Max(count, listed.Count))}):");
        foreach (var line in listed.Take(MaxListed))
            console.WriteLine($"  {line}");
        if (listed.Count > MaxListed)
            console.WriteLine($"  and {Show.Count(listed.Count - MaxListed)} more");
        console.WriteLine();
    }
}
