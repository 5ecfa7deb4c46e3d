using System.CommandLine;
using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.Cli.Output;
using RecoveryVault.Files;
using RecoveryVault.Items;
using Spectre.Console;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault protection …</c></summary>
internal static class ProtectionCommands
{
    public static Command Build() =>
        CommandParts.Group(
            "protection",
            "Protecting and backing up items.",
            Enable(),
            ItemDeletionCommands.Disable(),
            ItemDeletionCommands.Undelete(),
            BackupNow()
        );

    private static CliCommand Enable()
    {
        var (vaultName, itemName) = (CommandParts.VaultName(), CommandParts.ItemName());
        var source = CommandParts.FilePath("--source", "The directory or file to back up; - for what comes by --stdin only.", "PATH|-");
        var excludes = CommandParts.Many(
            "--exclude",
            "Leave out what this matches: a name at any depth, or with a slash a path from the source; * ? [..] and ** as usual.",
            "GLOB ..."
        );
        var caches = CommandParts.Flag("--exclude-caches", "Leave out the content of directories marked by a CACHEDIR.TAG.");
        var type = CommandParts
            .Optional("--type", "tree (default), or image: one file that is a disk image, cut at fixed places.", "tree|image")
            .Among("tree", "image");
        var oneFileSystem = CommandParts.Flag("--one-file-system", "Do not go into other file systems mounted below the source.");
        var management = Management();
        var command = new CliCommand(
            "enable",
            "Protects an item: from then on the vault's kind of key is settled, also when this fails because of the source.",
            "rvault protection enable --vault-name docs --item-name home --source ~/Documents --exclude '*.tmp' --exclude-caches",
            "rvault protection enable --vault-name docs --item-name mydb.sql --source -"
        )
        {
            vaultName,
            itemName,
            source,
            excludes,
            caches,
            oneFileSystem,
            type,
            management,
        };
        command.Validators.Add(result =>
        {
            Option[] ofFiles = [excludes, caches, oneFileSystem, type];
            if (result.GetResult(source)?.Tokens is [{ Value: ItemSource.StreamPath }])
                foreach (var option in ofFiles.Where(option => result.GetResult(option) is { Implicit: false }))
                    result.AddError($"A stream has no files to leave out: leave out {option.Name}.");
        });
        return command.Runs(
            async (run, cancellation) =>
            {
                var client = await run.ConnectAsync(cancellation: cancellation);
                var vault = await client.FindVaultAsync(run.Require(vaultName));
                if (WorkloadOf(run.Get(management), run.Require(source)) is { } workload)
                    await VaultClient.ProtectWorkloadAsync(vault, run.Require(itemName), workload);
                var path = SourceOf(run.Require(source));
                var wanted = path with
                {
                    Kind = run.Get(type) == "image" ? ContentKind.Image : path.Kind,
                    Excludes = run.Get(excludes) ?? [],
                    ExcludeCaches = run.Get(caches),
                    OneFileSystem = run.Get(oneFileSystem),
                };
                await VaultClient.ProtectAsync(vault, run.Require(itemName), wanted, cancellation);
                var item = await client.FindItemAsync(run.Require(vaultName), run.Require(itemName));
                run.Print(ItemShape.Of(await item.GetAsync()), OutputJson.Plain.ItemShape, ItemCommands.ShowItem);
            }
        );
    }

    private static Option<string?> Management() =>
        CommandParts
            .Optional(
                "--backup-management-type",
                "Of 'az backup', where it names who makes the backups. Here only files of this machine are protected: leave it out.",
                "MAB|AzureIaasVM|AzureStorage|AzureWorkload"
            )
            .Among(Workloads.Agents, "AzureIaasVM", "AzureStorage", "AzureWorkload");

    /// <summary>Something of Azure's; null for a path, also for one that looks like the id of a resource and is there.</summary>
    private static string? WorkloadOf(string? management, string source) =>
        management ?? (Workloads.IsResourceId(source) && !Path.Exists(source) ? source : null);

    private static CliCommand BackupNow()
    {
        var (vaultName, itemName) = (CommandParts.VaultName(), CommandParts.ItemName());
        var source = CommandParts.Optional("--source", "Read this path instead of the item's own, this once.", "PATH");
        CommandParts.RefuseEmpty(source);
        var rescan = CommandParts.Flag("--rescan", "Read every file, also those whose size, times and inode are as they were.");
        var retainUntil = OptionValues.Time("--retain-until", "Nothing deletes the recovery point before: no command, no policy.");
        var stream = new StreamOptions();
        var command = new CliCommand(
            "backup-now",
            "Backs an item up; exit code 3 when some files could not be read (they are listed).",
            "rvault protection backup-now --vault-name docs --item-name home",
            "rvault protection backup-now --vault-name docs --item-name home --retain-until 2036-12-31",
            "rvault protection backup-now --vault-name docs --item-name mydb.sql --stdin-from-command -- pg_dump mydb"
        )
        {
            vaultName,
            itemName,
            source,
            rescan,
            retainUntil,
        };
        stream.AddTo(command, source, rescan);
        return command.Runs(
            async (run, cancellation) =>
            {
                var open = stream.Opening(run);
                var client = await run.ConnectAsync(cancellation: cancellation);
                var item = await client.FindItemAsync(run.Require(vaultName), run.Require(itemName));
                var path = run.Get(source) is { } given ? Path.GetFullPath(given) : null;
                var report = await RunAsync(
                    run,
                    client,
                    item,
                    new BackupOptions
                    {
                        SourcePath = path,
                        Rescan = run.Get(rescan),
                        RetainUntil = run.Get(retainUntil),
                        OpenStream = open,
                    },
                    run.OwnDirectories(),
                    cancellation
                );
                foreach (var warning in report.Outcome.Warnings)
                    run.Tell($"{warning.Code}: {warning.Message} {warning.Recommendation}");
                run.Print(BackupShape.Of(report), OutputJson.Plain.BackupShape, ShowBackup);
                return report.Statistics.FilesUnreadable > 0 ? ExitCodes.DoneWithWarnings : ExitCodes.Done;
            }
        );
    }

    /// <summary>
    /// Backs up with progress, telling of every file that could not be read or changed, unless the options tell it to somebody else; never
    /// enters <paramref name="ownDirectories"/>. <paramref name="expectedBytes"/>: what there is to read, when known.
    /// </summary>
    public static async Task<BackupReport> RunAsync(
        Invocation run,
        VaultClient client,
        IProtectedItemGrain item,
        BackupOptions options,
        IReadOnlySet<InodeId> ownDirectories,
        CancellationToken cancellation,
        long? expectedBytes = null
    )
    {
        options = options with
        {
            NeverEnter = ownDirectories,
            OnProblem = options.OnProblem ?? (problem => run.Tell(problem.ToString())),
            OnRestart =
                options.OnRestart ?? (cause => run.Tell($"{cause.Code}: {cause.Message} Beginning again; what is stored is found ...")),
            OnChanged = options.OnChanged ?? (changed => run.Tell($"{Name(changed)}: changed while it was read")),
        };
        var expected = expectedBytes ?? (await item.GetAsync()).Latest?.SizeBytes ?? 0;
        return await ProgressDisplay.RunAsync(
            run,
            "Backing up",
            () => new ProgressState(options.Counters.Entries, options.Counters.BytesRead, expected),
            () => client.BackUpAsync(item, options, cancellation)
        );
    }

    public static ItemSource SourceOf(string path) =>
        new()
        {
            Path = path == ItemSource.StreamPath ? path : Path.GetFullPath(path),
            Host = Environment.MachineName,
            Kind = path == ItemSource.StreamPath ? ContentKind.Stream : ContentKind.Tree,
        };

    public static string Name(RelativePath path) => path.IsRoot ? "." : path.ToString();

    public static void ShowBackup(IAnsiConsole console, BackupShape backup) =>
        Show.Facts(
            console,
            ("Recovery point", backup.RecoveryPoint),
            ("Status", backup.Status),
            ("Files", $"{Show.Count(backup.FilesTotal)} ({Show.Bytes(backup.BytesRead)} read)"),
            ("New", $"{Show.Bytes(backup.BytesNew)}, stored as {Show.Bytes(backup.BytesStored)}"),
            ("Unreadable", backup.FilesUnreadable > 0 ? $"{Show.Count(backup.FilesUnreadable)} (listed above; the rest is safe)" : null),
            ("Changed meanwhile", backup.FilesChanged > 0 ? Show.Count(backup.FilesChanged) : null),
            (
                "Left out",
                backup.FilesExcluded > 0
                    ? $"{Show.Count(backup.FilesExcluded)} ({Show.Bytes(backup.BytesExcluded)} of files, directories not counted through)"
                    : null
            ),
            ("Key version", KeyVersionShape.ForPeople(backup.KeyVersion)),
            ("Kept until", backup.RetainUntil is { } until ? Show.Time(until) : null),
            ("Head hash", backup.HeadHash),
            ("Job", backup.JobId.ToString()),
            ("Duration", Show.Duration(TimeSpan.FromSeconds(backup.DurationSeconds)))
        );
}
