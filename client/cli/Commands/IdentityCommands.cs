using System.CommandLine;
using RecoveryVault.Cli.KeyVaults;
using RecoveryVault.Cli.Output;
using RecoveryVault.Errors;
using RecoveryVault.Identities;
using Spectre.Console;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault identity …</c>: user-assigned identities, which live by themselves and can be given to several vaults.</summary>
internal static class IdentityCommands
{
    public static Command Build()
    {
        var group = CommandParts.Group("identity", "User-assigned managed identities.", Create(), List(), ShowOne(), Delete());
        NamedServer.AddTo(group);
        return group;
    }

    private static CliCommand Create()
    {
        var name = CommandParts.Name("identity");
        return new CliCommand(
            "create",
            "Creates an identity, or shows the one of that name; makes the store if there is none.",
            "rvault identity create --name backups"
        )
        {
            name,
        }.Runs(
            async (run, cancellation) =>
            {
                UserAssignedIdentities.RequireName(run.Require(name));
                var identities = await run.OpenIdentitiesAsync(create: true, cancellation);
                Print(run, await identities.CreateAsync(run.Require(name), cancellation));
            }
        );
    }

    private static CliCommand List() =>
        new CliCommand("list", "Lists the identities.", "rvault identity list").Runs(
            async (run, cancellation) =>
            {
                var identities = await run.OpenIdentitiesAsync(cancellation: cancellation);
                run.Print(
                    [.. await identities.ListAsync(cancellation)],
                    OutputJson.Plain.UserAssignedIdentityArray,
                    (console, shown) =>
                        Show.Table(
                            console,
                            shown,
                            "No user-assigned identities.",
                            ("Name", i => i.Name),
                            ("Principal id", i => i.PrincipalId),
                            ("Client id", i => i.ClientId)
                        )
                );
            }
        );

    private static CliCommand ShowOne()
    {
        var name = CommandParts.Name("identity");
        return new CliCommand("show", "Shows an identity.", "rvault identity show --name backups") { name }.Runs(
            async (run, cancellation) => Print(run, await FindAsync(run, run.Require(name), cancellation))
        );
    }

    private static CliCommand Delete()
    {
        var name = CommandParts.Name("identity");
        return new CliCommand(
            "delete",
            "Deletes an identity for ever: vaults whose key it opens cannot back up or restore until they are given another.",
            "rvault identity delete --name backups"
        )
        {
            name,
        }.Runs(
            async (run, cancellation) =>
            {
                var found = await FindAsync(run, run.Require(name), cancellation);
                await (await run.OpenIdentitiesAsync(cancellation: cancellation)).DeleteAsync(found.Name, cancellation);
                run.Print(
                    found,
                    OutputJson.Plain.UserAssignedIdentity,
                    (console, identity) => console.WriteLine($"Identity '{identity.Name}' is deleted.")
                );
            }
        );
    }

    private static async Task<UserAssignedIdentity> FindAsync(Invocation run, string name, CancellationToken cancellation) =>
        await (await run.OpenIdentitiesAsync(cancellation: cancellation)).FindAsync(name, cancellation)
        ?? throw new VaultException(ErrorCodes.IdentityNotFound, $"There is no user-assigned identity '{name}'.");

    private static void Print(Invocation run, UserAssignedIdentity identity) =>
        run.Print(
            identity,
            OutputJson.Plain.UserAssignedIdentity,
            (console, shown) =>
                Show.Facts(
                    console,
                    ("Name", shown.Name),
                    ("Id", shown.Id),
                    ("Principal id", shown.PrincipalId),
                    ("Client id", shown.ClientId),
                    ("Tenant id", shown.TenantId)
                )
        );
}
