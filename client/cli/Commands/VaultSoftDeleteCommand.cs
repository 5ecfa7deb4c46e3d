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
        var approval = CommandParts
            .Optional(
                "--second-approval",
                "Enabled: deleting the vault with everything in it takes a second person from now on. It cannot be switched off.",
                "Enabled"
            )
            .Among("Enabled");
        var command = new CliCommand(
            "set",
            "Changes for how long deletions can be taken back; a shorter period comes into force after the longer one has passed.",
            "rvault vault backup-properties set --name docs --soft-delete-duration 30",
            "rvault vault backup-properties set --name docs --second-approval Enabled"
        )
        {
            name,
            days,
            approval,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(days) is null or { Implicit: true } && result.GetResult(approval) is null)
                result.AddError("Say what: --soft-delete-duration DAYS, --second-approval Enabled, or both.");
        });
        return command.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(name));
                if (run.Get(days) is { } duration)
                    await vault.Vault.SetSoftDeleteAsync(new SetSoftDelete(Guid.NewGuid(), duration));
                if (run.Get(approval) is not null)
                    await vault.Vault.RequireSecondApprovalAsync(new RequireSecondApproval(Guid.NewGuid()));
                var changed = await vault.Vault.GetAsync();
                run.Print(VaultShape.Of(changed), OutputJson.Plain.VaultShape, VaultCommands.ShowVault);
            }
        );
    }
}
