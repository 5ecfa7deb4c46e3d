using System.CommandLine;
using RecoveryVault.Cli.Output;
using RecoveryVault.Vaults;
using Spectre.Console;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault vault delete</c>, <c>undelete</c>, <c>list-deleted</c>, <c>show-proof</c></summary>
internal static class VaultDeletionCommands
{
    public static CliCommand Delete()
    {
        var name = CommandParts.Name("vault");
        var shred = CommandParts.Flag(
            "--crypto-shred",
            "Delete it with everything in it. Only when its key vault refuses the key, so that nobody can read it any more."
        );
        var reason = CommandParts.Optional("--reason", "Why, for the activity log and the proof.", "TEXT");
        var approval = new Option<Guid?>("--approve")
        {
            Description = "Approve the deletion of this id, which somebody else asked for.",
            HelpName = "ID",
        };
        var command = new CliCommand(
            "delete",
            "Deletes a vault without items, or with deleted ones only of which nothing can be had back; or, when its key is of no use any more, with everything in it.",
            "rvault vault delete --name docs",
            "rvault vault delete --name docs --crypto-shred --reason 'the key was destroyed on purpose, ticket 4711'"
        )
        {
            name,
            shred,
            reason,
            approval,
        };
        command.Validators.Add(result =>
        {
            var isShred = result.GetResult(shred) is { Implicit: false };
            if (isShred && result.GetResult(reason) is null)
                result.AddError($"{shred.Name} needs a {reason.Name}.");
            if (!isShred && result.GetResult(approval) is not null)
                result.AddError($"{approval.Name} goes with {shred.Name}.");
        });
        return command.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(name));
                if (run.Get(shred))
                {
                    var request = new ShredVault(Guid.NewGuid(), run.Get(reason) ?? "", run.Get(approval));
                    run.Print(VaultShape.Of(await vault.Vault.ShredAsync(request)), OutputJson.Plain.VaultShape, ShowShred);
                    return;
                }
                var shape = VaultShape.Of(await vault.Vault.GetAsync());
                await vault.Vault.DeleteAsync(new DeleteVault(Guid.NewGuid(), run.Get(reason) ?? "rvault vault delete"));
                run.Print(shape, OutputJson.Plain.VaultShape, (console, v) => console.WriteLine($"Vault '{v.Name}' is deleted."));
            }
        );
    }

    public static CliCommand Undelete()
    {
        var name = CommandParts.Name("vault");
        var reason = CommandParts.Optional("--reason", "Why, for the activity log.", "TEXT");
        return new CliCommand(
            "undelete",
            "Brings a vault back that was deleted with everything in it, as it was; or withdraws a deletion that waits for its approval.",
            "rvault vault undelete --name docs"
        )
        {
            name,
            reason,
        }.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(name));
                var back = await vault.Vault.UndeleteAsync(new UndeleteVault(Guid.NewGuid(), run.Get(reason) ?? ""));
                run.Print(VaultShape.Of(back), OutputJson.Plain.VaultShape, VaultCommands.ShowVault);
            }
        );
    }

    public static CliCommand ListDeleted() =>
        new CliCommand(
            "list-deleted",
            "Lists the vaults that were destroyed with everything in them, by the proofs that are left of them.",
            "rvault vault list-deleted"
        ).Runs(
            async (run, cancellation) =>
            {
                var client = await run.ConnectAsync(cancellation: cancellation);
                List<DeletedVaultShape> vaults = [];
                await foreach (var summary in VaultClient.AllAsync(client.Directory.ListShredsAsync))
                    vaults.Add(DeletedVaultShape.Of(summary));
                run.Print(
                    [.. vaults],
                    OutputJson.Plain.DeletedVaultShapeArray,
                    (console, shown) =>
                        Show.Table(
                            console,
                            shown,
                            "No vaults were destroyed. Deleted ones that can be had back are in 'rvault vault list'.",
                            ("Id", v => v.Id),
                            ("Name", v => v.Name),
                            ("State", v => v.State),
                            ("Completed", v => v.CompletedTime is { } time ? Show.Time(time) : null),
                            ("Items", v => $"{v.Items}"),
                            ("Recovery points", v => Show.Count(v.RecoveryPoints)),
                            ("Bytes", v => Show.Bytes(v.Bytes)),
                            ("Reason", v => v.Deletion?.Reason)
                        )
                );
            }
        );

    public static CliCommand ShowProof()
    {
        var id = CommandParts.Text("--vault-id", "The destroyed vault's id.", "ID");
        return new CliCommand(
            "show-proof",
            "Shows what was destroyed of a vault: by whom, why, when, and of each item how much and which data keys. The record is checked first.",
            "rvault vault show-proof --vault-id 9080bcde8105cb2ea608d0d1e5bc500e"
        )
        {
            id,
        }.Runs(
            async (run, cancellation) =>
            {
                var client = await run.ConnectAsync(cancellation: cancellation);
                var vaultId = VaultIds.Require(run.Require(id));
                var summary = await client.Directory.GetShredAsync(vaultId);
                List<ShreddedItem> items = [];
                await foreach (var item in VaultClient.AllAsync(page => client.Directory.ListShreddedItemsAsync(vaultId, page)))
                    items.Add(item);
                run.Print(ShredProofShape.Of(summary, items), OutputJson.Plain.ShredProofShape, ShowProof);
            }
        );
    }

    private static void ShowShred(IAnsiConsole console, VaultShape vault)
    {
        if (vault.Deletion is { PurgeAfterTime: { } until })
            console.WriteLine(
                $"Vault '{vault.Name}' is deleted with everything in it. 'rvault vault undelete' brings it back until {Show.Time(until)} at least; then 'rvault store reclaim' destroys it."
            );
        else if (vault.Deletion is { } waiting)
            console.WriteLine(
                $"The deletion of vault '{vault.Name}' waits for somebody else: 'rvault vault delete --name {vault.Name} --crypto-shred --reason TEXT --approve {waiting.DeletionId}'."
            );
    }

    private static void ShowProof(IAnsiConsole console, ShredProofShape proof)
    {
        Show.Facts(
            console,
            ("Id", proof.Id),
            ("Name", proof.Name),
            ("State", proof.State),
            ("Key", proof.KeyId),
            ("Refused with", proof.Deletion?.KeyCode),
            ("Asked for", proof.Deletion is { } d ? $"{Show.Time(d.RequestedTime)} by {d.RequestedBy}: {d.Reason}" : null),
            ("Approved by", proof.Deletion?.ApprovedBy),
            ("Destroyed", proof.CompletedTime is { } time ? Show.Time(time) : "not all of it yet"),
            ("Items", Show.Count(proof.Items)),
            ("Recovery points", Show.Count(proof.RecoveryPoints)),
            ("Bytes", Show.Bytes(proof.Bytes))
        );
        console.WriteLine();
        Show.Table(
            console,
            proof.Destroyed,
            "It had no items.",
            ("Item", i => i.Name.Length > 0 ? i.Name : i.ItemId),
            ("Recovery points", i => Show.Count(i.RecoveryPoints)),
            ("Packs", i => Show.Count(i.Packs)),
            ("Bytes", i => Show.Bytes(i.Bytes)),
            ("Data keys", i => string.Join(" ", i.KeyCommitments)),
            ("Newest head", i => i.HeadHash)
        );
    }
}
