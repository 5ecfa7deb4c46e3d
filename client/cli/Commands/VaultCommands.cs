using System.CommandLine;
using RecoveryVault.Cli.Output;
using RecoveryVault.Vaults;
using Spectre.Console;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault vault …</c></summary>
internal static class VaultCommands
{
    public static Command Build() =>
        CommandParts.Group(
            "vault",
            "Vaults.",
            VaultCreateCommand.Build(),
            ShowOne(),
            List(),
            VaultDeletionCommands.Delete(),
            VaultDeletionCommands.Undelete(),
            VaultDeletionCommands.ListDeleted(),
            VaultDeletionCommands.ShowProof(),
            Move(),
            VaultIdentityCommands.Build(),
            VaultPrivateEndpointCommands.Build(),
            VaultSoftDeleteCommand.Build(),
            VaultEncryptionCommands.Build(),
            VaultEncryptionCommands.Checklist()
        );

    private static CliCommand ShowOne()
    {
        var name = CommandParts.Name("vault");
        return new CliCommand("show", "Shows a vault.", "rvault vault show --name docs") { name }.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(name));
                run.Print(VaultShape.Of(await vault.Vault.GetAsync()), OutputJson.Plain.VaultShape, ShowVault);
            }
        );
    }

    private static CliCommand List() =>
        new CliCommand("list", "Lists the vaults of the store.", "rvault vault list").Runs(
            async (run, cancellation) =>
            {
                var client = await run.ConnectAsync(cancellation: cancellation);
                List<VaultShape> vaults = [];
                await foreach (var listed in VaultClient.AllAsync(client.Directory.ListVaultsAsync))
                    vaults.Add(VaultShape.Of(await client.Open(listed.VaultId).Vault.GetAsync()));
                run.Print(
                    [.. vaults],
                    OutputJson.Plain.VaultShapeArray,
                    (console, shown) =>
                        Show.Table(
                            console,
                            shown,
                            "No vaults.",
                            ("Name", v => v.Name),
                            ("Location", v => v.Location),
                            ("State", v => v.Deletion is { PurgeAfterTime: not null } ? "Deleted" : "Active"),
                            ("Encryption", v => v.Encryption.EncryptionAtRestType),
                            ("Items", v => $"{v.ProtectedItems}"),
                            ("Created", v => Show.Time(v.CreatedTime))
                        )
                );
            }
        );

    private static CliCommand Move()
    {
        var name = CommandParts.Name("vault");
        var group = CommandParts.Optional("--resource-group", "The new resource group.", "GROUP");
        var subscription = CommandParts.Optional("--subscription", "The new subscription.", "ID");
        var tenant = CommandParts.Optional("--tenant-id", "The new tenant, a GUID.", "ID");
        var command = new CliCommand(
            "move",
            "Moves a vault to another resource group or subscription, unless it has a customer-managed key; or to another tenant, where its identity has to be made again and given a key.",
            "rvault vault move --name docs --resource-group archive",
            "rvault vault move --name docs --tenant-id 11111111-2222-3333-4444-555555555555"
        )
        {
            name,
            group,
            subscription,
            tenant,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(group) is null && result.GetResult(subscription) is null && result.GetResult(tenant) is null)
                result.AddError("Say where to: --resource-group, --subscription, --tenant-id.");
        });
        return command.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(name));
                var moved = await vault.Vault.MoveAsync(
                    new MoveVault(Guid.NewGuid(), run.Get(group), run.Get(subscription), run.Get(tenant))
                );
                run.Print(VaultShape.Of(moved), OutputJson.Plain.VaultShape, ShowVault);
            }
        );
    }

    private static string Period(VaultShape vault) =>
        $"can be had back for {vault.SoftDeleteRetentionPeriodInDays} days"
        + (
            vault is { ShorterPeriodInDays: { } days, ShorterPeriodFromTime: { } from }
                ? $", those made from {Show.Time(from)} on for {days}"
                : ""
        );

    private static string? Deleted(VaultDeletionShape? deletion) =>
        deletion is null ? null
        : deletion.PurgingSinceTime is { } since ? $"being destroyed since {Show.Time(since)}"
        : deletion.PurgeAfterTime is { } until
            ? $"with everything in it, by {deletion.RequestedBy}: {deletion.Reason}; can be had back until {Show.Time(until)} at least"
        : $"asked for by {deletion.RequestedBy}, waits for somebody else's approval ({deletion.DeletionId})";

    /// <summary>Null where nothing is looked at.</summary>
    private static string? Alerts(VaultShape vault) =>
        vault.Encryption.KeyUri is null ? null
        : vault.Alerts.Count == 0 ? "none"
        : $"{string.Join(", ", vault.Alerts.Select(a => a.Name).Distinct())} (see 'rvault alert list --vault-name {vault.Name}')";

    public static void ShowVault(IAnsiConsole console, VaultShape vault) =>
        Show.Facts(
            console,
            [
                ("Name", vault.Name),
                ("Id", vault.Id),
                ("Location", vault.Location),
                ("Resource group", vault.ResourceGroup is "" ? null : vault.ResourceGroup),
                ("Subscription", vault.SubscriptionId is "" ? null : vault.SubscriptionId),
                ("Tags", vault.Tags.Count == 0 ? null : string.Join(" ", vault.Tags.Select(t => $"{t.Key}={t.Value}"))),
                ("Created", Show.Time(vault.CreatedTime)),
                ("Tenant", vault.TenantId),
                ("Identity", vault.Identity.PrincipalId is { } principal ? $"{vault.Identity.Type} {principal}" : vault.Identity.Type),
                ("Encryption", vault.Encryption.EncryptionAtRestType),
                ("Key", vault.Encryption.KeyUri),
                ("Key version", vault.Encryption.KeyVersion),
                ("Private endpoints", vault.PrivateEndpoints.Count == 0 ? null : string.Join(" ", vault.PrivateEndpoints)),
                ("Protected items", Show.Count(vault.ProtectedItems)),
                ("Deletions", Period(vault)),
                ("Second approval", vault.SecondApproval ? "demanded of deletions with everything in them" : null),
                ("Deleted", Deleted(vault.Deletion)),
                ("Alerts", Alerts(vault)),
            ]
        );
}
