using System.CommandLine;
using RecoveryVault.Cli.Output;
using RecoveryVault.Items;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault protection disable</c> and <c>undelete</c></summary>
internal static class ItemDeletionCommands
{
    private static Option<string?> Reason => CommandParts.Optional("--reason", "Why, for the activity log.", "TEXT");

    public static CliCommand Disable()
    {
        var (vaultName, itemName, reason) = (CommandParts.VaultName(), CommandParts.ItemName(), Reason);
        var delete = CommandParts.Flag(
            "--delete-backup-data",
            "Also delete its recovery points, all of them; for the vault's period the item can be had back."
        );
        return new CliCommand(
            "disable",
            "Stops protecting an item and keeps its recovery points, unless they are to be deleted.",
            "rvault protection disable --vault-name docs --item-name home",
            "rvault protection disable --vault-name docs --item-name home --delete-backup-data --reason 'moved to the archive'"
        )
        {
            vaultName,
            itemName,
            delete,
            reason,
        }.Runs(
            async (run, cancellation) =>
            {
                var client = await run.ConnectAsync(cancellation: cancellation);
                var item = await client.FindItemAsync(run.Require(vaultName), run.Require(itemName));
                if (run.Get(delete))
                    await item.DeleteAsync(new DeleteItem(Guid.NewGuid(), run.Get(reason) ?? ""));
                else
                    await item.DisableAsync(new DisableProtection(Guid.NewGuid(), run.Get(reason) ?? "rvault protection disable"));
                run.Print(ItemShape.Of(await item.GetAsync()), OutputJson.Plain.ItemShape, ItemCommands.ShowItem);
            }
        );
    }

    public static CliCommand Undelete()
    {
        var (vaultName, itemName, reason) = (CommandParts.VaultName(), CommandParts.ItemName(), Reason);
        return new CliCommand(
            "undelete",
            "Brings a deleted item back with its recovery points; protection stays stopped.",
            "rvault protection undelete --vault-name docs --item-name home"
        )
        {
            vaultName,
            itemName,
            reason,
        }.Runs(
            async (run, cancellation) =>
            {
                var client = await run.ConnectAsync(cancellation: cancellation);
                var item = await client.FindItemAsync(run.Require(vaultName), run.Require(itemName));
                var back = await item.UndeleteAsync(new UndeleteItem(Guid.NewGuid(), run.Get(reason) ?? ""));
                run.Print(ItemShape.Of(back), OutputJson.Plain.ItemShape, ItemCommands.ShowItem);
            }
        );
    }
}
