using RecoveryVault.Cli.KeyVaults;
using RecoveryVault.Keys.Local;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault keyvault assign-role</c> and <c>remove-role</c>: who may do what where roles decide.</summary>
internal static class KeyVaultRoleCommands
{
    public static CliCommand Assign() =>
        Change(
            "assign-role",
            "Gives a principal a role on a key vault with RBAC authorization.",
            (keyVaults, name, principal, role, cancellation) => keyVaults.AssignRoleAsync(name, principal, role, cancellation)
        );

    public static CliCommand Remove() =>
        Change(
            "remove-role",
            "Takes a role from a principal.",
            (keyVaults, name, principal, role, cancellation) => keyVaults.RemoveRoleAsync(name, principal, role, cancellation)
        );

    private static CliCommand Change(
        string verb,
        string description,
        Func<IKeyVaults, string, string, string, CancellationToken, Task<KeyVaultResource>> change
    )
    {
        var name = CommandParts.Name("key vault");
        var objectId = CommandParts.Text("--object-id", "The principal's object id, as 'rvault vault identity show' prints it.", "ID");
        var role = CommandParts.Text(
            "--role",
            $"'{KeyVaultRoles.CryptoServiceEncryptionUser}', what a vault's identity needs, or '{KeyVaultRoles.CryptoOfficer}'.",
            "ROLE"
        );
        return new CliCommand(
            verb,
            description,
            $"rvault keyvault {verb} --name kv1 --object-id 3f2a... --role '{KeyVaultRoles.CryptoServiceEncryptionUser}'"
        )
        {
            name,
            objectId,
            role,
        }.Runs(
            async (run, cancellation) =>
            {
                var keyVaults = await run.OpenKeyVaultsAsync(cancellation: cancellation);
                var principal = run.Require(objectId);
                KeyVaultCommands.Print(run, await change(keyVaults, run.Require(name), principal, run.Require(role), cancellation));
            }
        );
    }
}
