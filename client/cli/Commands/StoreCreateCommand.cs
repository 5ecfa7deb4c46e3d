using RecoveryVault.Cli.Output;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Serving;
using RecoveryVault.Storage;
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
                var made = run.RemotePlace is { } remote
                    ? await CreateRemoteAsync(remote, run, cancellation)
                    : await CreateDirectoryAsync(run, cancellation);
                run.Print(
                    made,
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

    private static async Task<StoreShape> CreateDirectoryAsync(Invocation run, CancellationToken cancellation)
    {
        if (File.Exists(Path.Combine(run.StorePath, StoreManifest.BlobName)))
            throw new VaultException(ErrorCodes.StoreNotEmpty, $"There is a store in {run.StorePath} already.");
        using var store = await EmbeddedStore.OpenAsync(run.StoreOptions(create: true), Invocation.Time, cancellation);
        return new StoreShape(run.StorePath, store.Manifest.StoreId, store.Manifest.ServiceId, store.KeysPath);
    }

    private static async Task<StoreShape> CreateRemoteAsync(BlobStoreLocation remote, Invocation run, CancellationToken cancellation)
    {
        var (parts, keysPath) = await RemoteStore.CreateAsync(remote, run.PlaceOptions(create: true), Invocation.Time, cancellation);
        parts.Keyring.Dispose();
        return new StoreShape(remote.Name, parts.Manifest.StoreId, parts.Manifest.ServiceId, keysPath);
    }
}
