using System.CommandLine;
using RecoveryVault.Cli.Output;
using RecoveryVault.Retention;
using RecoveryVault.Vaults;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault vault backup-properties set</c></summary>
internal static class VaultSoftDeleteCommand
{
    public static Command Build() => CommandParts.Group("backup-properties", "How a vault treats what is deleted.", Set());

    private static CliCommand Set()
    {
        var name = CommandParts.Name("vault");
        var days = OptionValues.Number(
            "--soft-delete-duration",
            $"For how many days what is deleted from now on can be had back: {SoftDeletePeriod.MinDays} to {SoftDeletePeriod.MaxDays}.",
            "DAYS"
        );
        var command = new CliCommand(
            "set",
            "Changes for how long deletions can be taken back; a shorter period comes into force after the longer one has passed.",
            "rvault vault backup-properties set --name docs --soft-delete-duration 30"
        )
        {
            name,
            days,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(days) is null or { Implicit: true })
                result.AddError("Say for how long: --soft-delete-duration DAYS.");
        });
        return command.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(name));
                var changed = await vault.Vault.SetSoftDeleteAsync(new SetSoftDelete(Guid.NewGuid(), run.Get(days) ?? 0));
                run.Print(VaultShape.Of(changed), OutputJson.Plain.VaultShape, VaultCommands.ShowVault);
            }
        );
    }
}
