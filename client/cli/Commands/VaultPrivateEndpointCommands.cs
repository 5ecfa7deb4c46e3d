using System.CommandLine;
using RecoveryVault.Cli.Output;
using RecoveryVault.Vaults;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault vault private-endpoint …</c></summary>
internal static class VaultPrivateEndpointCommands
{
    public static Command Build() =>
        CommandParts.Group(
            "private-endpoint",
            "Private endpoints that the vault is reached through; recorded here, made in the network.",
            Change(
                "add",
                "Records a private endpoint; not with a key that a user-assigned identity opens.",
                v => v.AddPrivateEndpointAsync
            ),
            Change("remove", "Takes a private endpoint away.", v => v.RemovePrivateEndpointAsync)
        );

    private static CliCommand Change(
        string verb,
        string description,
        Func<IVaultGrain, Func<ChangePrivateEndpoint, Task<IReadOnlyList<string>>>> change
    )
    {
        var name = CommandParts.Name("vault");
        var endpoint = CommandParts.Text("--endpoint-name", "The private endpoint's name.", "NAME");
        return new CliCommand(verb, description, $"rvault vault private-endpoint {verb} --name docs --endpoint-name office")
        {
            name,
            endpoint,
        }.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(name));
                await change(vault.Vault)(new ChangePrivateEndpoint(Guid.NewGuid(), run.Require(endpoint)));
                run.Print(VaultShape.Of(await vault.Vault.GetAsync()), OutputJson.Plain.VaultShape, VaultCommands.ShowVault);
            }
        );
    }
}
