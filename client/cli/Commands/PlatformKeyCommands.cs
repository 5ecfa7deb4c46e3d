using System.CommandLine;
using RecoveryVault.Cli.Output;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Storage;
using RecoveryVault.Stores;
using Spectre.Console;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault store platform-key …</c>: the store's own keys.</summary>
internal static class PlatformKeyCommands
{
    private const string TakeKit =
        "Take a new recovery kit now, with 'rvault keyvault backup --out FILE': one from before does not open this store any more.";

    public static Command Build() =>
        CommandParts.Group("platform-key", "The keys of the store's own platform keyring.", List(), Rotate(), Remove());

    private static CliCommand List() =>
        new CliCommand(
            "list",
            "Every platform key, what in the store needs it, and whether it can be removed; reads the whole store.",
            "rvault store platform-key list"
        ).Runs(
            async (run, cancellation) =>
            {
                var (keyring, census) = await LookAsync(run, cancellation);
                using var _ = keyring;
                run.Print(PlatformKeyShape.Of(keyring, census), OutputJson.Plain.PlatformKeyShapeArray, ShowKeys);
                if (census.Unreadable > 0)
                    run.Tell($"{census.Unreadable} blob(s) cannot be read and may need any key: see 'rvault store verify'.");
            }
        );

    private static CliCommand Rotate()
    {
        var dryRun = CommandParts.Flag("--dry-run", "Only say what would be done; nothing is changed.");
        return new CliCommand(
            "rotate",
            "Makes another platform key, uses it from now on, and renews what older ones wrapped and authenticated. Goes on with a rotation that was interrupted.",
            "rvault store platform-key rotate --dry-run",
            "rvault store platform-key rotate"
        )
        {
            dryRun,
        }.Runs(async (run, cancellation) => run.Get(dryRun) ? await ForeseeAsync(run, cancellation) : await RotateAsync(run, cancellation));
    }

    private static async Task<int> RotateAsync(Invocation run, CancellationToken cancellation)
    {
        var client = await run.ConnectAsync(cancellation: cancellation);
        var isTold = false;
        var ended = await client.RotatePlatformKeyAsync(
            progress =>
            {
                if (!isTold)
                    run.Tell($"Platform key {progress.KeyId} is in force. {TakeKit}");
                else if (!progress.Done && run.ShowsProgress)
                    run.Tell($"{progress.VaultsRemaining} vault(s) to go through");
                isTold = true;
            },
            cancellation
        );
        var shape = new PlatformKeyRotationShape(DryRun: false, ended.KeyId, ended.RecordsRenewed, 0, ended.Refused);
        run.Print(shape, OutputJson.Plain.PlatformKeyRotationShape, ShowRotation);
        foreach (var refusal in ended.Refused)
            run.Tell($"{refusal.Id} keeps its old key: {refusal.Code}: {refusal.Message}");
        return ended.Refused.Count == 0 ? ExitCodes.Done : ExitCodes.DoneWithWarnings;
    }

    private static async Task<int> ForeseeAsync(Invocation run, CancellationToken cancellation)
    {
        var (keyring, census) = await LookAsync(run, cancellation);
        using var _ = keyring;
        var old = keyring.All.Select(k => census.NeedsOf(k.Id)).Aggregate(PlatformKeyNeeds.None, (a, b) => a + b);
        var isUnderWay = keyring.IsRollingOut || keyring.PreparedId is not null;
        var next = keyring.PreparedId ?? (keyring.IsRollingOut ? keyring.CurrentId : keyring.All[^1].Id + 1);
        run.Print(
            new PlatformKeyRotationShape(DryRun: true, next, old.Records, old.Vaults, []),
            OutputJson.Plain.PlatformKeyRotationShape,
            (console, shown) =>
                console.WriteLine(
                    $"Dry run, nothing was changed. Platform key {shown.KeyId} would {(isUnderWay ? "go on being rolled out" : "be made and put in force")}: {Show.Count(shown.RecordsRenewed)} record(s) "
                        + $"and {Show.Count(shown.VaultsRewrapped)} vault(s) with platform-managed keys to go through; {Show.Count(old.SealedObjects)} sealed object(s) would stay under their keys."
                )
        );
        return ExitCodes.Done;
    }

    private static CliCommand Remove()
    {
        var id = OptionValues.Number("--id", "The key's id; see 'rvault store platform-key list'.", "ID");
        id.Required = true;
        return new CliCommand(
            "remove",
            "Removes an old platform key for good, if the store shows that nothing needs it. No server may run on the store.",
            "rvault store platform-key remove --id 1"
        )
        {
            id,
        }.Runs(
            async (run, cancellation) =>
            {
                var wanted = (uint)(run.Get(id) ?? 0);
                using var store = await EmbeddedStore.OpenAsync(run.StoreOptions(create: false), Invocation.Time, cancellation);
                var census = await TakeAsync(run, store.Blobs, cancellation);
                await PlatformKeyRotation.RemoveAsync(store.Blobs, store.Keyring, census, wanted, cancellation);
                run.Tell("Copies of this store that still need the key open only with a recovery kit that has it.");
                run.Print(
                    new RemovedPlatformKeyShape(wanted),
                    OutputJson.Plain.RemovedPlatformKeyShape,
                    (console, removed) => console.WriteLine($"Platform key {removed.Id} is removed.")
                );
            }
        );
    }

    private static async Task<(PlatformKeyring Keyring, PlatformKeyCensus Census)> LookAsync(Invocation run, CancellationToken cancellation)
    {
        var (blobs, keys, storeId) = await run.OpenStoreAsync(cancellation);
        var keyring =
            await PlatformKeyring.FindAsync(keys, storeId, cancellation)
            ?? throw new VaultException(ErrorCodes.KeysNotFound, $"There are no keys of store {storeId}.");
        return (keyring, await TakeAsync(run, blobs, cancellation));
    }

    private static async Task<PlatformKeyCensus> TakeAsync(Invocation run, IBlobStore blobs, CancellationToken cancellation)
    {
        var census = new PlatformKeyCensus(blobs);
        return await ProgressDisplay.RunAsync(
            run,
            "Looking",
            () => new ProgressState(census.Blobs, 0, 0),
            async () =>
            {
                await census.TakeAsync(cancellation);
                return census;
            }
        );
    }

    private static void ShowKeys(IAnsiConsole console, PlatformKeyShape[] keys) =>
        Show.Table(
            console,
            keys,
            "No platform keys.",
            ("Id", k => $"{k.Id}"),
            ("Created", k => Show.Time(k.CreatedTime)),
            ("State", k => k.State),
            ("Records", k => Show.Count(k.Records)),
            ("Key rings wrapped", k => Show.Count(k.KeyRings)),
            ("Objects sealed", k => Show.Count(k.SealedObjects)),
            ("Vaults", k => Show.Count(k.Vaults)),
            ("Can be removed", k => k.CanBeRemoved ? "yes" : "no")
        );

    private static void ShowRotation(IAnsiConsole console, PlatformKeyRotationShape rotation) =>
        console.WriteLine(
            $"Platform key {rotation.KeyId} is in force; {Show.Count(rotation.RecordsRenewed)} record(s) renewed. What older keys are still needed for: rvault store platform-key list"
        );
}
