using System.CommandLine;
using RecoveryVault.Cli.KeyVaults;
using RecoveryVault.Cli.Output;
using RecoveryVault.Keys.Local;
using Spectre.Console;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault keyvault key …</c></summary>
internal static class KeyCommands
{
    private static Option<string> KeyVaultName() => CommandParts.Text("--vault-name", "The key vault's name.", "KV");

    private static Option<string?> Version() =>
        CommandParts.Optional("--version", "The version (32 hex digits); the latest when left out.", "VERSION");

    public static Command Build() =>
        CommandParts.Group(
            "key",
            "Keys of a key vault.",
            Create(),
            ShowOne(),
            ListVersions(),
            SetAttributes(),
            Rotate(),
            Simple(
                "delete",
                "Deletes a key with all its versions; it can be recovered until its key vault purges it.",
                (vault, name, cancellation) => vault.DeleteKeyAsync(name, cancellation)
            ),
            Simple("recover", "Brings a deleted key back.", (vault, name, cancellation) => vault.RecoverKeyAsync(name, cancellation)),
            Purge()
        );

    private static CliCommand Create()
    {
        var (vaultName, name) = (KeyVaultName(), CommandParts.Name("key"));
        var kty = CommandParts.Optional("--kty", "RSA (default) or EC; a backup vault needs RSA.", "RSA|EC").Among("RSA", "EC");
        var size = OptionValues.Number("--size", "RSA: 2048 (default), 3072 or 4096 bits.", "BITS");
        var curve = CommandParts.Optional("--curve", "EC: P-256 (default), P-384 or P-521.", "CURVE");
        return new CliCommand(
            "create",
            "Creates a key; on an existing name, a new version of it.",
            "rvault keyvault key create --vault-name kv1 --name kek --kty RSA --size 3072"
        )
        {
            vaultName,
            name,
            kty,
            size,
            curve,
        }.Runs(
            async (run, cancellation) =>
            {
                var keyVaults = await run.OpenKeyVaultsAsync(cancellation: cancellation);
                var isFirst = keyVaults.IsLocal && !await HasKeysAsync(keyVaults, cancellation);
                var created = await keyVaults
                    .Open(run.Require(vaultName))
                    .CreateKeyAsync(
                        run.Require(name),
                        new KeyCreation
                        {
                            Kty = run.Get(kty) ?? "RSA",
                            KeySize = run.Get(size),
                            Curve = run.Get(curve),
                        },
                        cancellation
                    );
                Print(run, created);
                run.Tell(
                    !keyVaults.IsLocal ? KeptByServer
                    : isFirst
                        ? "This key exists only on this machine: if the machine is lost, so is every backup it opens. Keep a copy elsewhere: rvault keyvault backup --out FILE"
                    : EarlierKits
                );
            }
        );
    }

    private static CliCommand ShowOne()
    {
        var (vaultName, name, version) = (KeyVaultName(), CommandParts.Name("key"), Version());
        return new CliCommand("show", "Shows a key.", "rvault keyvault key show --vault-name kv1 --name kek")
        {
            vaultName,
            name,
            version,
        }.Runs(
            async (run, cancellation) =>
                Print(
                    run,
                    await (await OpenAsync(run, run.Require(vaultName), cancellation)).GetKeyAsync(
                        run.Require(name),
                        run.Get(version),
                        cancellation
                    )
                )
        );
    }

    private static CliCommand ListVersions()
    {
        var (vaultName, name) = (KeyVaultName(), CommandParts.Name("key"));
        return new CliCommand(
            "list-versions",
            "Lists a key's versions, oldest first.",
            "rvault keyvault key list-versions --vault-name kv1 --name kek"
        )
        {
            vaultName,
            name,
        }.Runs(
            async (run, cancellation) =>
            {
                var vault = await OpenAsync(run, run.Require(vaultName), cancellation);
                run.Print(
                    await vault.ListVersionsAsync(run.Require(name), cancellation),
                    KeyVaultJson.Rest.IReadOnlyListKeyItem,
                    (console, versions) =>
                        Show.Table(
                            console,
                            versions,
                            "No versions.",
                            ("Version", v => v.Kid[(v.Kid.LastIndexOf('/') + 1)..]),
                            ("Enabled", v => v.Attributes.Enabled ? "yes" : "no"),
                            ("Created", v => Time(v.Attributes.Created)),
                            ("Not before", v => Time(v.Attributes.Nbf)),
                            ("Expires", v => Time(v.Attributes.Exp))
                        )
                );
            }
        );
    }

    private static CliCommand SetAttributes()
    {
        var (vaultName, name, version) = (KeyVaultName(), CommandParts.Name("key"), Version());
        var enabled = OptionValues.Choice("--enabled", "Whether the version may be used at all.");
        var expires = OptionValues.Time("--expires", "It wraps no more from then on (it still unwraps), such as 2027-01-31T00:00:00Z.");
        var notBefore = OptionValues.Time("--not-before", "It wraps nothing before.");
        return new CliCommand(
            "set-attributes",
            "Enables or disables a key version, or sets its time window.",
            "rvault keyvault key set-attributes --vault-name kv1 --name kek --version 8f0c... --enabled false"
        )
        {
            vaultName,
            name,
            version,
            enabled,
            expires,
            notBefore,
        }.Runs(
            async (run, cancellation) =>
            {
                var vault = await OpenAsync(run, run.Require(vaultName), cancellation);
                var update = new KeyUpdate
                {
                    Enabled = run.Get(enabled),
                    ExpiresOn = run.Get(expires),
                    NotBefore = run.Get(notBefore),
                };
                Print(run, await vault.UpdateKeyAsync(run.Require(name), run.Get(version), update, cancellation));
            }
        );
    }

    private static CliCommand Purge()
    {
        var (vaultName, name) = (KeyVaultName(), CommandParts.Name("key"));
        return new CliCommand(
            "purge",
            "Destroys a deleted key for good; refused under purge protection.",
            "rvault keyvault key purge --vault-name kv1 --name old"
        )
        {
            vaultName,
            name,
        }.Runs(
            async (run, cancellation) =>
            {
                var vault = await OpenAsync(run, run.Require(vaultName), cancellation);
                await vault.PurgeKeyAsync(run.Require(name), cancellation);
                run.Print(
                    new PurgedKeyShape(run.Require(vaultName), run.Require(name)),
                    OutputJson.Plain.PurgedKeyShape,
                    (console, purged) => console.WriteLine($"Key '{purged.Name}' is destroyed.")
                );
            }
        );
    }

    private static CliCommand Rotate()
    {
        var (vaultName, name) = (KeyVaultName(), CommandParts.Name("key"));
        return new CliCommand("rotate", "Makes a new version of a key.", "rvault keyvault key rotate --vault-name kv1 --name kek")
        {
            vaultName,
            name,
        }.Runs(
            async (run, cancellation) =>
            {
                var keyVaults = await run.OpenKeyVaultsAsync(cancellation: cancellation);
                Print(run, await keyVaults.Open(run.Require(vaultName)).RotateKeyAsync(run.Require(name), cancellation));
                if (keyVaults.IsLocal)
                    run.Tell(EarlierKits);
            }
        );
    }

    /// <summary>After a rotation everything is re-wrapped with the new version, so that an older kit opens nothing any more.</summary>
    private const string EarlierKits =
        "Recovery kits made before now do not hold this version. Make a new one: rvault keyvault backup --out FILE";

    private static CliCommand Simple(string verb, string description, Func<IKeys, string, CancellationToken, Task<KeyBundle>> action)
    {
        var (vaultName, name) = (KeyVaultName(), CommandParts.Name("key"));
        return new CliCommand(verb, description, $"rvault keyvault key {verb} --vault-name kv1 --name kek") { vaultName, name }.Runs(
            async (run, cancellation) =>
                Print(run, await action(await OpenAsync(run, run.Require(vaultName), cancellation), run.Require(name), cancellation))
        );
    }

    private const string KeptByServer =
        "The development server keeps this key: recovery kits of the store do not hold it, copies of that server's keys directory do.";

    private static async Task<IKeys> OpenAsync(Invocation run, string name, CancellationToken cancellation) =>
        (await run.OpenKeyVaultsAsync(cancellation: cancellation)).Open(name);

    private static async Task<bool> HasKeysAsync(IKeyVaults keyVaults, CancellationToken cancellation)
    {
        foreach (var vault in await keyVaults.ListAsync(cancellation))
        {
            if ((await keyVaults.Open(vault.Name).ListKeysAsync(cancellation)).Count > 0)
                return true;
        }
        return false;
    }

    private static string? Time(long? unixSeconds) =>
        unixSeconds is { } seconds ? Show.Time(DateTimeOffset.FromUnixTimeSeconds(seconds)) : null;

    private static void Print(Invocation run, KeyBundle key) =>
        run.Print(
            key,
            KeyVaultJson.Rest.KeyBundle,
            (console, shown) =>
                Show.Facts(
                    console,
                    ("Key id", shown.Key.Kid),
                    ("Type", shown.Key.Kty),
                    ("Enabled", shown.Attributes.Enabled ? "yes" : "no"),
                    ("Created", Time(shown.Attributes.Created)),
                    ("Not before", Time(shown.Attributes.Nbf)),
                    ("Expires", Time(shown.Attributes.Exp)),
                    ("Operations", string.Join(" ", shown.Key.KeyOps)),
                    ("Recovery level", shown.Attributes.RecoveryLevel),
                    ("Deleted", Time(shown.DeletedDate)),
                    ("Purged on", Time(shown.ScheduledPurgeDate))
                )
        );
}
