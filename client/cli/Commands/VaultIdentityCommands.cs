using System.CommandLine;
using RecoveryVault.Cli.Output;
using RecoveryVault.Vaults;
using Spectre.Console;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault vault identity …</c></summary>
internal static class VaultIdentityCommands
{
    public static Command Build() =>
        CommandParts.Group(
            "identity",
            "The vault's managed identity, with which it opens a key vault.",
            Change("assign", "Enables the system-assigned identity.", v => v.AssignIdentityAsync(new ChangeIdentity(Guid.NewGuid()))),
            Change(
                "remove",
                "Disables the system-assigned identity; not while it opens the customer-managed key.",
                v => v.RemoveIdentityAsync(new ChangeIdentity(Guid.NewGuid()))
            ),
            ShowOne()
        );

    private static CliCommand Change(string verb, string description, Func<IVaultGrain, Task<VaultIdentity>> change)
    {
        var name = CommandParts.Name("vault");
        var system = CommandParts.Flag("--system-assigned", "The vault's own identity (the only kind there is so far).");
        var command = new CliCommand(verb, description, $"rvault vault identity {verb} --name docs --system-assigned") { name, system };
        command.Validators.Add(result =>
        {
            if (!result.GetValue(system))
                result.AddError("Say which identity: --system-assigned.");
        });
        return command.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(name));
                run.Print(IdentityShape.Of(await change(vault.Vault)), OutputJson.Plain.IdentityShape, ShowIdentity);
            }
        );
    }

    private static CliCommand ShowOne()
    {
        var name = CommandParts.Name("vault");
        return new CliCommand("show", "Shows the vault's identity.", "rvault vault identity show --name docs") { name }.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(name));
                run.Print(IdentityShape.Of((await vault.Vault.GetAsync()).Identity), OutputJson.Plain.IdentityShape, ShowIdentity);
            }
        );
    }

    private static void ShowIdentity(IAnsiConsole console, IdentityShape identity) =>
        Show.Facts(console, ("Type", identity.Type), ("Principal id", identity.PrincipalId), ("Tenant id", identity.TenantId));
}
