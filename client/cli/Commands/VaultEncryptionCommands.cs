using System.CommandLine;
using System.CommandLine.Parsing;
using RecoveryVault.Cli.Output;
using RecoveryVault.Errors;
using RecoveryVault.Vaults;
using Spectre.Console;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault vault encryption …</c> and <c>rvault vault checklist</c></summary>
internal static class VaultEncryptionCommands
{
    public static Command Build() =>
        CommandParts.Group("encryption", "The customer-managed key of a vault.", Update(), ShowOne(), Versions(), Sync());

    private static CliCommand Update()
    {
        var name = CommandParts.Name("vault");
        var key = KeyOptions.Create();
        var (system, user) = Identities();
        var dryRun = VaultEncryptionReports.DryRun();
        var report = ReportFiles.Option();
        var command = new CliCommand(
            "update",
            "Assigns or changes the customer-managed key; returns when everything in the vault is wrapped by it.",
            "rvault vault encryption update --name docs --encryption-key-id https://kv1.vault.localhost/keys/kek --mi-system-assigned",
            "rvault vault encryption update --name docs --key-vault-name kv1 --key-name kek",
            "rvault vault encryption update --name docs --key-vault-name kv1 --key-name kek --infrastructure-encryption Enabled",
            "rvault vault encryption update --name docs --key-vault-name kv2 --key-name kek --dry-run --report change.json"
        )
        {
            name,
            system,
            user,
            dryRun,
            report,
        };
        command.Validators.Add(result => VaultEncryptionReports.RequireDryRun(result, report, dryRun));
        key.AddTo(command);
        command.Validators.Add(result => RequireOneKeyAndIdentity(result, key, system, user));
        return command.Runs(
            async (run, cancellation) =>
            {
                var client = await run.ConnectAsync(cancellation: cancellation);
                var vault = await client.FindVaultAsync(run.Require(name));
                var request = new UpdateEncryption
                {
                    OperationId = Guid.NewGuid(),
                    KeyUri = key.UriOf(run),
                    UserAssignedIdentity = run.Get(user),
                    UseSystemAssignedIdentity = run.Get(system),
                    InfrastructureEncryption = key.InfrastructureOf(run),
                };
                return run.Get(dryRun)
                    ? await VaultEncryptionReports.DryRunAsync(run, vault, request, run.Get(report), cancellation)
                    : await UpdateAsync(run, vault, request, cancellation);
            }
        );
    }

    private static (Option<bool> System, Option<string?> User) Identities() =>
        (
            CommandParts.Flag(
                "--mi-system-assigned",
                "Open the key vault with the vault's system-assigned identity: the default at first, later the one in use."
            ),
            CommandParts.Optional(
                "--mi-user-assigned",
                "Open the key vault with a user-assigned identity of the vault, by name or resource id.",
                "ID"
            )
        );

    private static async Task<int> UpdateAsync(Invocation run, NamedVault vault, UpdateEncryption request, CancellationToken cancellation)
    {
        var updated = await VaultClient.UpdateEncryptionAsync(vault, request, cancellation);
        KeyOptions.TellOfInfrastructure(run, request);
        run.Print(EncryptionShape.Of(updated), OutputJson.Plain.EncryptionShape, ShowEncryption);
        return ExitCodes.Done;
    }

    private static void RequireOneKeyAndIdentity(CommandResult result, KeyOptions key, Option<bool> system, Option<string?> user)
    {
        key.RequireOne(result);
        if (result.GetValue(system) && result.GetResult(user) is not null)
            result.AddError("Name one identity: either --mi-system-assigned or --mi-user-assigned ID.");
    }

    private static CliCommand ShowOne()
    {
        var name = CommandParts.Name("vault");
        return new CliCommand("show", "Shows the encryption settings.", "rvault vault encryption show --name docs") { name }.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(name));
                run.Print(EncryptionShape.Of(await vault.Vault.GetEncryptionAsync()), OutputJson.Plain.EncryptionShape, ShowEncryption);
            }
        );
    }

    private static CliCommand Versions()
    {
        var name = CommandParts.Name("vault");
        var signed = CommandParts.Flag("--signed", "Print it as a signed report.");
        var report = ReportFiles.Option();
        return new CliCommand(
            "versions",
            "Every key version that is needed or once was: what needs it, and whether it may be disabled.",
            "rvault vault encryption versions --name docs",
            "rvault vault encryption versions --name docs --report docs-versions.json"
        )
        {
            name,
            signed,
            report,
        }.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(name));
                if (run.Get(signed) || run.Get(report) is not null)
                {
                    await VaultEncryptionReports.PrintVersionsAsync(run, vault, run.Get(report), cancellation);
                    return;
                }
                run.Print(
                    KeyVersionShape.Of(await vault.Vault.ListKeyVersionsAsync()),
                    OutputJson.Plain.KeyVersionUseArray,
                    ShowVaultKey.Versions
                );
            }
        );
    }

    private static CliCommand Sync()
    {
        var name = CommandParts.Name("vault");
        return new CliCommand(
            "sync",
            "Looks for a newer version of the key now and returns when every item is re-wrapped by it.",
            "rvault vault encryption sync --name docs"
        )
        {
            name,
        }.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(name));
                if ((await vault.Vault.GetEncryptionAsync()).EncryptionAtRestType != EncryptionTypes.CustomerManaged)
                    throw new VaultException(
                        ErrorCodes.InvalidRequest,
                        $"Vault '{run.Require(name)}' has platform-managed keys: there is no key to look at.",
                        "Assign a key with 'rvault vault encryption update'."
                    );
                var progress = await VaultClient.SyncAsync(
                    vault,
                    p =>
                    {
                        if (p.ItemsRemaining > 0 && run.ShowsProgress)
                            run.Tell($"{p.ItemsRemaining} item(s) to re-wrap");
                    },
                    cancellation
                );
                var shape = EncryptionShape.Of(await vault.Vault.GetEncryptionAsync() with { JobId = progress.JobId });
                run.Print(shape, OutputJson.Plain.EncryptionShape, ShowEncryption);
            }
        );
    }

    public static CliCommand Checklist()
    {
        var name = CommandParts.Name("vault");
        var keyId = CommandParts.Optional("--encryption-key-id", "Check this key, which is not assigned yet.", "URI");
        return new CliCommand(
            "checklist",
            "The preconditions of a customer-managed key in their order, each met or not, with the fix.",
            "rvault vault checklist --name docs --encryption-key-id https://kv1.vault.localhost/keys/kek"
        )
        {
            name,
            keyId,
        }.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(name));
                run.Print(
                    [.. await vault.Vault.GetChecklistAsync(run.Get(keyId))],
                    OutputJson.Plain.ChecklistEntryArray,
                    ShowVaultKey.Checklist
                );
            }
        );
    }

    public static void ShowEncryption(IAnsiConsole console, EncryptionShape e) =>
        Show.Facts(
            console,
            ("Encryption at rest", e.EncryptionAtRestType),
            ("Key URI", e.KeyUri),
            ("Key version", e.KeyVersion),
            (
                "Follows rotation",
                e.KeyUri is null ? null
                : e.AutoRotation ? "yes"
                : "no (the URI names a version)"
            ),
            ("Still leaving", e.PreviousKeyVersion),
            ("Identity", e.Identity),
            ("Last update", e.LastUpdateStatus),
            ("Infrastructure encryption", e.InfrastructureEncryptionState),
            ("Key looked at", e.LastPolledTime is { } time ? Show.Time(time) : null),
            ("Job", e.JobId?.ToString())
        );
}
