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
            "The vault's managed identities, with which it opens key vaults.",
            Change("assign", "Enables the system-assigned identity, or gives user-assigned ones to the vault.", v => v.AssignIdentityAsync),
            Change(
                "remove",
                "Disables the system-assigned identity, or takes user-assigned ones away; not the one that opens the customer-managed key.",
                v => v.RemoveIdentityAsync
            ),
            ShowOne()
        );

    private static CliCommand Change(string verb, string description, Func<IVaultGrain, Func<ChangeIdentity, Task<VaultIdentity>>> change)
    {
        var name = CommandParts.Name("vault");
        var system = CommandParts.Flag("--system-assigned", "The vault's own identity.");
        var user = CommandParts.Many("--user-assigned", "User-assigned identities, by name or resource id.", "ID");
        var command = new CliCommand(
            verb,
            description,
            $"rvault vault identity {verb} --name docs --system-assigned",
            $"rvault vault identity {verb} --name docs --user-assigned backups"
        )
        {
            name,
            system,
            user,
        };
        command.Validators.Add(result =>
        {
            if (!result.GetValue(system) && result.GetValue(user) is not { Length: > 0 })
                result.AddError("Say which identity: --system-assigned, --user-assigned ID, or both.");
        });
        return command.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(name));
                List<string> named = [];
                foreach (var identity in run.Get(user) ?? [])
                    named.Add(await run.IdentityOfAsync(identity, cancellation));
                var request = new ChangeIdentity(Guid.NewGuid()) { SystemAssigned = run.Get(system), UserAssigned = named };
                run.Print(IdentityShape.Of(await change(vault.Vault)(request)), OutputJson.Plain.IdentityShape, ShowIdentity);
            }
        );
    }

    private static CliCommand ShowOne()
    {
        var name = CommandParts.Name("vault");
        return new CliCommand("show", "Shows the vault's identities.", "rvault vault identity show --name docs") { name }.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(name));
                run.Print(IdentityShape.Of((await vault.Vault.GetAsync()).Identity), OutputJson.Plain.IdentityShape, ShowIdentity);
            }
        );
    }

    private static void ShowIdentity(IAnsiConsole console, IdentityShape identity)
    {
        Show.Facts(console, ("Type", identity.Type), ("Principal id", identity.PrincipalId), ("Tenant id", identity.TenantId));
        foreach (var (id, assigned) in identity.UserAssignedIdentities)
            Show.Facts(console, ("User-assigned", id), ("Principal id", assigned.PrincipalId ?? "known to its own service only"));
    }
}
