using RecoveryVault.Cli.Output;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Stores;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault store create</c></summary>
internal static class StoreCreateCommand
{
    public static CliCommand Build() =>
        new CliCommand(
            "create",
            "Makes an empty store and its keys, for silos that make none themselves; other creating commands do so on their own.",
            "rvault store create --store /srv/backups --keys /etc/rvault/keys"
        ).Runs(
            async (run, cancellation) =>
            {
                if (File.Exists(Path.Combine(run.StorePath, StoreManifest.BlobName)))
                    throw new VaultException(ErrorCodes.StoreNotEmpty, $"There is a store in {run.StorePath} already.");
                using var store = await EmbeddedStore.OpenAsync(run.StoreOptions(create: true), Invocation.Time, cancellation);
                run.Print(
                    new StoreShape(run.StorePath, store.Manifest.StoreId, store.Manifest.ServiceId, store.KeysPath),
                    OutputJson.Plain.StoreShape,
                    (console, made) =>
                        Show.Facts(
                            console,
                            ("Store", made.Store),
                            ("Id", $"{made.StoreId}, service {made.ServiceId}"),
                            ("Keys", $"{made.Keys}: without them, or a copy (rvault keyvault backup), nothing opens what is stored")
                        )
                );
            }
        );
}
