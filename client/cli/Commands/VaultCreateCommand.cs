using System.CommandLine;
using System.CommandLine.Parsing;
using RecoveryVault.Cli.Output;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Vaults;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault vault create</c></summary>
internal static class VaultCreateCommand
{
    private sealed record Settings(
        Option<string> Name,
        Option<string> Location,
        Option<string?> Group,
        Option<string?> Subscription,
        Option<string[]> Tags,
        KeyOptions Key,
        Option<string?> Identity
    )
    {
        public static Settings Create() =>
            new(
                CommandParts.Name("vault"),
                CommandParts.Text(
                    "--location",
                    "The region, such as westeurope; a key vault for this vault must be in the same.",
                    "REGION",
                    "-l"
                ),
                CommandParts.Optional("--resource-group", "The resource group.", "GROUP"),
                CommandParts.Optional("--subscription", "The subscription.", "ID"),
                CommandParts.Many("--tags", "Tags, as name=value.", "NAME=VALUE"),
                KeyOptions.Create(),
                CommandParts.Optional("--mi-user-assigned", "The user-assigned identity that opens that key, by name or resource id.", "ID")
            );

        public CreateVault Read(Invocation run) =>
            new()
            {
                OperationId = Guid.NewGuid(),
                Name = run.Require(Name),
                Location = run.Require(Location),
                ResourceGroup = run.Get(Group) ?? "",
                SubscriptionId = run.Get(Subscription) ?? "",
                Tags = (run.Get(Tags) ?? []).Select(t => t.Split('=', 2)).GroupBy(t => t[0]).ToDictionary(t => t.Key, t => t.Last()[1]),
            };
    }

    public static CliCommand Build()
    {
        var settings = Settings.Create();
        settings.Tags.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(t => t.Value.IndexOf('=', StringComparison.Ordinal) < 1))
                result.AddError($"'{token.Value}' is no tag: write name=value.");
        });
        var command = new CliCommand(
            "create",
            "Creates a vault, encrypted with platform-managed keys unless a key is named; makes the store if there is none.",
            "rvault vault create --name docs --location westeurope",
            "rvault vault create --name docs --location westeurope --mi-user-assigned backups --encryption-key-id https://kv1.vault.localhost/keys/kek",
            "rvault vault create --name docs --location westeurope --mi-user-assigned backups --key-vault-name kv1 --key-name kek --infrastructure-encryption Enabled"
        )
        {
            settings.Name,
            settings.Location,
            settings.Group,
            settings.Subscription,
            settings.Tags,
            settings.Identity,
        };
        settings.Key.AddTo(command);
        command.Validators.Add(result => RequireWholeKey(result, settings));
        return command.Runs((run, cancellation) => RunAsync(run, settings, cancellation));
    }

    private static void RequireWholeKey(CommandResult result, Settings settings)
    {
        if (settings.Key.IsAnyGiven(result))
            settings.Key.RequireOne(result);
        else if (result.GetResult(settings.Identity) is not null)
            result.AddError("An identity is named for a key only: add --encryption-key-id URI, or --key-vault-name KV and --key-name KEY.");
        else if (result.GetResult(settings.Key.Infrastructure) is not null)
            result.AddError(
                "Infrastructure encryption goes with a customer-managed key: add --encryption-key-id URI, or --key-vault-name KV and --key-name KEY."
            );
    }

    private static async Task RunAsync(Invocation run, Settings settings, CancellationToken cancellation)
    {
        var creation = settings.Read(run);
        VaultRecord.Require(creation);
        var identity = run.Get(settings.Identity);
        var keyUri = settings.Key.FindUri(run);
        if (keyUri is not null)
            RequireKey(keyUri, identity);
        identity = identity is null ? null : await run.IdentityOfAsync(identity, cancellation);
        var client = await run.ConnectAsync(create: true, cancellation);
        var created = await client.Directory.CreateVaultAsync(creation);
        if (keyUri is not null && identity is not null)
        {
            var request = new UpdateEncryption
            {
                OperationId = Guid.NewGuid(),
                KeyUri = keyUri,
                UserAssignedIdentity = identity,
                InfrastructureEncryption = settings.Key.InfrastructureOf(run),
            };
            created = await GiveKeyAsync(client, created, identity, request);
            KeyOptions.TellOfInfrastructure(run, request);
        }
        run.Print(VaultShape.Of(created), OutputJson.Plain.VaultShape, VaultCommands.ShowVault);
    }

    /// <summary>What can be refused before there is anything.</summary>
    private static void RequireKey(string keyUri, string? identity)
    {
        if (identity is null)
            throw new VaultException(ErrorCodes.UserErrorCMKAtCreateRequiresUserAssignedIdentity, "The key needs --mi-user-assigned ID.");
        if (!KeyId.TryParse(keyUri, out var keyId))
            throw new VaultException(ErrorCodes.UserErrorCMKInvalidKeyUri, $"'{keyUri}' is not a key URI.");
        KeyVaultConnector.RequireKnown(keyId);
    }

    /// <summary>R49: a vault that cannot have its key is not made at all; nobody could have put anything into it yet.</summary>
    private static async Task<VaultSummary> GiveKeyAsync(
        VaultClient client,
        VaultSummary created,
        string identity,
        UpdateEncryption request
    )
    {
        var vault = client.Open(created.VaultId).Vault;
        try
        {
            await vault.AssignIdentityAsync(new ChangeIdentity(Guid.NewGuid()) { SystemAssigned = false, UserAssigned = [identity] });
            await vault.UpdateEncryptionAsync(request);
            return await vault.GetAsync();
        }
        catch (VaultException e)
        {
            try
            {
                await vault.DeleteAsync(new DeleteVault(Guid.NewGuid(), "Its key could not be assigned."));
            }
            catch (VaultException second)
            {
                FailureNotes.Add(e, "The vault stays, without the key", second);
            }
            throw;
        }
    }
}
