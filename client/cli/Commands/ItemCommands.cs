using System.CommandLine;
using RecoveryVault.Cli.Output;
using RecoveryVault.Items;
using RecoveryVault.Retention;
using Spectre.Console;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault item …</c></summary>
internal static class ItemCommands
{
    public static Command Build() => CommandParts.Group("item", "Protected items.", List(), ShowOne(), SetPolicy());

    private static CliCommand List()
    {
        var vaultName = CommandParts.VaultName();
        return new CliCommand("list", "Lists a vault's items.", "rvault item list --vault-name docs") { vaultName }.Runs(
            async (run, cancellation) =>
            {
                var client = await run.ConnectAsync(cancellation: cancellation);
                var vault = await client.FindVaultAsync(run.Require(vaultName));
                List<ItemShape> items = [];
                await foreach (var listed in VaultClient.AllAsync(vault.Vault.ListItemsAsync))
                    items.Add(ItemShape.Of(await client.OpenItem(new ItemKey(vault.VaultId, listed.ItemId)).GetAsync()));
                run.Print(
                    [.. items],
                    OutputJson.Plain.ItemShapeArray,
                    (console, shown) =>
                        Show.Table(
                            console,
                            shown,
                            "No items.",
                            ("Name", i => i.Name),
                            ("State", i => i.State),
                            ("Source", i => i.Source),
                            ("Recovery points", i => Show.Count(i.RecoveryPoints)),
                            ("Latest", i => i.LatestRecoveryPoint is { } p ? Show.Time(p.Time) : null),
                            ("Key version", i => KeyVersionShape.ForPeople(i.KeyVersion))
                        )
                );
            }
        );
    }

    private static CliCommand ShowOne()
    {
        var (vaultName, itemName) = (
            CommandParts.VaultName(),
            CommandParts.Text("--item-name", "The item's name.", "ITEM", "--name", "-i", "-n")
        );
        return new CliCommand("show", "Shows an item.", "rvault item show --vault-name docs --item-name home") { vaultName, itemName }.Runs(
            async (run, cancellation) =>
            {
                var item = await (await run.ConnectAsync(cancellation: cancellation)).FindItemAsync(
                    run.Require(vaultName),
                    run.Require(itemName)
                );
                run.Print(ItemShape.Of(await item.GetAsync()), OutputJson.Plain.ItemShape, ShowItem);
            }
        );
    }

    private static CliCommand SetPolicy()
    {
        var (vaultName, itemName) = (
            CommandParts.VaultName(),
            CommandParts.Text("--item-name", "The item's name.", "ITEM", "--name", "-i", "-n")
        );
        var policy = CommandParts.Optional("--policy-name", "The retention policy to follow.", "POLICY");
        CommandParts.RefuseEmpty(policy);
        var none = CommandParts.Flag("--no-policy", "Follow none: nothing expires.");
        var command = new CliCommand(
            "set-policy",
            "Lets an item follow a retention policy, or none; recovery points that are there and were kept are let go only after the time for which deletions can be taken back.",
            "rvault item set-policy --vault-name docs --item-name home --policy-name careful",
            "rvault item set-policy --vault-name docs --item-name home --no-policy"
        )
        {
            vaultName,
            itemName,
            policy,
            none,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(policy) is { Implicit: false } == result.GetResult(none) is { Implicit: false })
                result.AddError($"Give either {policy.Name} or {none.Name}.");
        });
        return command.Runs(
            async (run, cancellation) =>
            {
                var client = await run.ConnectAsync(cancellation: cancellation);
                var vault = await client.FindVaultAsync(run.Require(vaultName));
                await vault.Vault.AssignPolicyAsync(new AssignPolicy(Guid.NewGuid(), run.Require(itemName), run.Get(policy)));
                var item = await client.FindItemAsync(run.Require(vaultName), run.Require(itemName));
                run.Print(ItemShape.Of(await item.GetAsync()), OutputJson.Plain.ItemShape, ShowItem);
            }
        );
    }

    public static void ShowItem(IAnsiConsole console, ItemShape item) =>
        Show.Facts(
            console,
            ("Name", item.Name),
            ("Id", item.Id),
            ("State", item.State),
            ("Source", item.Source == ItemSource.StreamPath ? "a stream (--stdin)" : $"{item.Source} on {item.Host}"),
            ("Leaves out", item.Excludes.Count == 0 ? null : string.Join(" ", item.Excludes)),
            ("Caches", item.ExcludeCaches ? "left out" : null),
            ("File systems", item.OneFileSystem ? "the source's only" : null),
            ("Recovery points", Show.Count(item.RecoveryPoints)),
            ("Deleted", item.DeletedRecoveryPoints > 0 ? $"{Show.Count(item.DeletedRecoveryPoints)} that can be had back" : null),
            ("Latest", item.LatestRecoveryPoint?.Name),
            ("Policy", item.Policy ?? "none: nothing expires"),
            ("Goes on keeping", item.Policy is null ? null : PolicyCommands.Former(item.Former)),
            ("Key version", KeyVersionShape.ForPeople(item.KeyVersion))
        );
}
