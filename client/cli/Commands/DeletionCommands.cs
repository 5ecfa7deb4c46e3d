using RecoveryVault.Cli.Output;
using RecoveryVault.Items;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault recoverypoint delete</c> and <c>undelete</c></summary>
internal static class DeletionCommands
{
    public static CliCommand Delete() =>
        Build(
            "delete",
            "Deletes a recovery point; for the vault's period, 14 days or more, and until it is purged it can be had back.",
            "rvault recoverypoint delete --vault-name docs --item-name home --rp-name 20261123T190412Z-1 --reason 'holds a password'",
            (item, name, reason) => item.DeleteRecoveryPointAsync(new DeleteRecoveryPoint(Guid.NewGuid(), name, reason))
        );

    public static CliCommand Undelete() =>
        Build(
            "undelete",
            "Brings a deleted recovery point back.",
            "rvault recoverypoint undelete --vault-name docs --item-name home --rp-name 20261123T190412Z-1",
            (item, name, reason) => item.UndeleteRecoveryPointAsync(new UndeleteRecoveryPoint(Guid.NewGuid(), name, reason))
        );

    private static CliCommand Build(
        string verb,
        string description,
        string example,
        Func<IProtectedItemGrain, string, string, Task<RecoveryPointSummary>> change
    )
    {
        var (vaultName, itemName) = (CommandParts.VaultName(), CommandParts.ItemName());
        // Never the latest by default: what goes must be named.
        var name = CommandParts.Text("--rp-name", "The recovery point's name.", "RP", "--name", "-n");
        var reason = CommandParts.Optional("--reason", "Why, for the activity log.", "TEXT");
        return new CliCommand(verb, description, example) { vaultName, itemName, name, reason }.Runs(
            async (run, cancellation) =>
            {
                var client = await run.ConnectAsync(cancellation: cancellation);
                var item = await client.FindItemAsync(run.Require(vaultName), run.Require(itemName));
                var point = await change(item, run.Require(name), run.Get(reason) ?? "");
                run.Print(RecoveryPointShape.Of(point), OutputJson.Plain.RecoveryPointShape, RecoveryPointCommands.ShowPoint);
            }
        );
    }
}
