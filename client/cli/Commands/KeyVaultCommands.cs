using System.CommandLine;
using RecoveryVault.Cli.KeyVaults;
using RecoveryVault.Cli.Output;
using RecoveryVault.Keys.Local;
using Spectre.Console;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault keyvault …</c>: key vaults of the store, or of a development server.</summary>
internal static class KeyVaultCommands
{
    public static Command Build()
    {
        var group = CommandParts.Group(
            "keyvault",
            "Key vaults and their keys: those of the store, or those of a development server.",
            Create(),
            ShowOne(),
            List(),
            Update(),
            SetPolicy(),
            DeletePolicy(),
            KeyVaultRoleCommands.Assign(),
            KeyVaultRoleCommands.Remove(),
            KeyCommands.Build(),
            RecoveryKitCommands.Backup(),
            RecoveryKitCommands.Restore()
        );
        NamedServer.AddTo(group);
        return group;
    }

    private sealed record Settings(
        Option<bool?> SoftDelete,
        Option<int?> RetentionDays,
        Option<bool?> PurgeProtection,
        Option<bool?> Rbac,
        Option<NetworkDefaultAction?> DefaultAction
    )
    {
        public static Settings Create() =>
            new(
                OptionValues.Choice("--enable-soft-delete", "Deleted keys can be recovered (default true)."),
                OptionValues.Number("--retention-days", "How long, 7 to 90 days (default 90).", "N"),
                OptionValues.Choice(
                    "--enable-purge-protection",
                    "Nobody can destroy a deleted key before that time is over; a vault's key needs it (default false)."
                ),
                OptionValues.Choice("--enable-rbac-authorization", "Role assignments instead of access policies decide (default false)."),
                OptionValues.OneOf(
                    "--default-action",
                    "Whom the firewall lets in: everybody, or trusted services only (default Allow).",
                    "Allow|Deny",
                    Enum.GetValues<NetworkDefaultAction>()
                )
            );

        public void AddTo(Command command)
        {
            foreach (Option option in (Option[])[SoftDelete, RetentionDays, PurgeProtection, Rbac, DefaultAction])
                command.Options.Add(option);
        }
    }

    private static CliCommand Create()
    {
        var name = CommandParts.Name("key vault");
        var location = CommandParts.Text("--location", "The region; it must be the backup vault's.", "REGION", "-l");
        var settings = Settings.Create();
        var command = new CliCommand(
            "create",
            "Creates a key vault at https://NAME.vault.localhost/; makes the store if there is none.",
            "rvault keyvault create --name kv1 --location westeurope --enable-purge-protection true"
        )
        {
            name,
            location,
        };
        settings.AddTo(command);
        return command.Runs(
            async (run, cancellation) =>
            {
                var creation = new KeyVaultCreation
                {
                    Name = run.Require(name),
                    Location = run.Require(location),
                    EnableSoftDelete = run.Get(settings.SoftDelete) ?? true,
                    RetentionDays = run.Get(settings.RetentionDays) ?? 90,
                    EnablePurgeProtection = run.Get(settings.PurgeProtection) ?? false,
                    EnableRbacAuthorization = run.Get(settings.Rbac) ?? false,
                    DefaultAction = run.Get(settings.DefaultAction) ?? NetworkDefaultAction.Allow,
                };
                LocalKeyVaults.Require(creation);
                var keyVaults = await run.OpenKeyVaultsAsync(create: true, cancellation);
                Print(run, await keyVaults.CreateAsync(creation, cancellation));
            }
        );
    }

    private static CliCommand Update()
    {
        var name = CommandParts.Name("key vault");
        var settings = Settings.Create();
        var tenant = CommandParts.Optional(
            "--tenant-id",
            "Admit principals of this tenant from now on (a GUID); takes all access policies and roles away.",
            "ID"
        );
        var command = new CliCommand(
            "update",
            "Changes a key vault's settings; soft delete and purge protection, once on, stay on.",
            "rvault keyvault update --name kv1 --enable-purge-protection true"
        )
        {
            name,
            tenant,
        };
        settings.AddTo(command);
        return command.Runs(
            async (run, cancellation) =>
            {
                var keyVaults = await run.OpenKeyVaultsAsync(cancellation: cancellation);
                Print(
                    run,
                    await keyVaults.UpdateAsync(
                        run.Require(name),
                        new KeyVaultUpdate
                        {
                            EnableSoftDelete = run.Get(settings.SoftDelete),
                            RetentionDays = run.Get(settings.RetentionDays),
                            EnablePurgeProtection = run.Get(settings.PurgeProtection),
                            EnableRbacAuthorization = run.Get(settings.Rbac),
                            DefaultAction = run.Get(settings.DefaultAction),
                            TenantId = run.Get(tenant),
                        },
                        cancellation
                    )
                );
            }
        );
    }

    private static CliCommand ShowOne()
    {
        var name = CommandParts.Name("key vault");
        return new CliCommand("show", "Shows a key vault.", "rvault keyvault show --name kv1") { name }.Runs(
            async (run, cancellation) =>
                Print(run, await (await run.OpenKeyVaultsAsync(cancellation: cancellation)).ShowAsync(run.Require(name), cancellation))
        );
    }

    private static CliCommand List() =>
        new CliCommand("list", "Lists the key vaults.", "rvault keyvault list").Runs(
            async (run, cancellation) =>
            {
                var keyVaults = await run.OpenKeyVaultsAsync(cancellation: cancellation);
                run.Print(
                    await keyVaults.ListAsync(cancellation),
                    KeyVaultJson.Rest.IReadOnlyListKeyVaultResource,
                    (console, vaults) =>
                        Show.Table(
                            console,
                            vaults,
                            "No key vaults.",
                            ("Name", v => v.Name),
                            ("Location", v => v.Location),
                            ("URI", v => v.Properties.VaultUri),
                            ("Soft delete", v => v.Properties.EnableSoftDelete ? "on" : "off"),
                            ("Purge protection", v => v.Properties.EnablePurgeProtection == true ? "on" : "off")
                        )
                );
            }
        );

    private static CliCommand SetPolicy()
    {
        var name = CommandParts.Name("key vault");
        var objectId = CommandParts.Text("--object-id", "The principal's object id, as 'rvault vault identity show' prints it.", "ID");
        var permissions = new Option<string[]>("--key-permissions")
        {
            Description = "The key permissions, in place of those it had; a vault's identity needs get list wrapKey unwrapKey.",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
            HelpName = "PERMISSION ...",
        };
        return new CliCommand(
            "set-policy",
            "Gives a principal permissions on the keys of a key vault.",
            "rvault keyvault set-policy --name kv1 --object-id 3f2a... --key-permissions get list wrapKey unwrapKey"
        )
        {
            name,
            objectId,
            permissions,
        }.Runs(
            async (run, cancellation) =>
                Print(
                    run,
                    await (await run.OpenKeyVaultsAsync(cancellation: cancellation)).SetPolicyAsync(
                        run.Require(name),
                        run.Require(objectId),
                        run.Require(permissions),
                        cancellation
                    )
                )
        );
    }

    private static CliCommand DeletePolicy()
    {
        var name = CommandParts.Name("key vault");
        var objectId = CommandParts.Text("--object-id", "The principal's object id.", "ID");
        return new CliCommand(
            "delete-policy",
            "Takes a principal's permissions away.",
            "rvault keyvault delete-policy --name kv1 --object-id 3f2a..."
        )
        {
            name,
            objectId,
        }.Runs(
            async (run, cancellation) =>
                Print(
                    run,
                    await (await run.OpenKeyVaultsAsync(cancellation: cancellation)).DeletePolicyAsync(
                        run.Require(name),
                        run.Require(objectId),
                        cancellation
                    )
                )
        );
    }

    public static void Print(Invocation run, KeyVaultResource vault) =>
        run.Print(
            vault,
            KeyVaultJson.Rest.KeyVaultResource,
            (console, shown) =>
                Show.Facts(
                    console,
                    [
                        ("Name", shown.Name),
                        ("URI", shown.Properties.VaultUri),
                        ("Location", shown.Location),
                        (
                            "Soft delete",
                            shown.Properties.EnableSoftDelete ? $"on, {shown.Properties.SoftDeleteRetentionInDays} days" : "off"
                        ),
                        ("Purge protection", shown.Properties.EnablePurgeProtection == true ? "on" : "off"),
                        ("Authorization", shown.Properties.EnableRbacAuthorization ? "roles" : "access policies"),
                        ("Network default", shown.Properties.NetworkAcls.DefaultAction.ToString()),
                        .. shown.Properties.AccessPolicies.Select(p =>
                            ("Policy", (string?)$"{p.ObjectId}: {string.Join(" ", p.Permissions.Keys)}")
                        ),
                        .. (shown.Properties.RoleAssignments ?? []).Select(r => ("Role", (string?)$"{r.PrincipalId}: {r.Role}")),
                    ]
                )
        );
}
